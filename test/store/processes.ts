import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** test/store/worker.ts as a process of its own, killed when disposed. */
export class Worker implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;

  constructor(task: string, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, ["--import", "tsx", program, task, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#exit = once(this.#child, "exit");
  }

  /** Resolves when the worker has printed a line. */
  async ready(): Promise<void> {
    await once(this.#child.stdout ?? this.#child, "data");
  }

  /** Resolves with what it printed; fails when it fails. */
  async result(): Promise<string> {
    let output = "";
    for await (const chunk of this.#child.stdout ?? []) output += String(chunk);
    const [code] = await this.#exit;
    if (code !== 0) throw new Error(`a worker ended with ${String(code)}: ${output}`);
    return output.trim();
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** Runs `count` workers at once, each with its number as last argument. */
export async function runProcesses(
  count: number,
  task: string,
  ...args: readonly string[]
): Promise<readonly string[]> {
  const workers = Array.from({ length: count }, (_, i) => new Worker(task, ...args, String(i)));
  return Promise.all(workers.map((worker) => worker.result()));
}
