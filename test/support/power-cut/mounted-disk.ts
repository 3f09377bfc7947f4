import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Ran } from "../run-captured.ts";

/** Commands in a mount namespace of their own. Its mounts end with it, and it ends with this process at the latest. */
export class MountedDisk implements AsyncDisposable {
  readonly #keeper: ChildProcess;

  private constructor(keeper: ChildProcess) {
    this.#keeper = keeper;
  }

  /** Runs `script`, which mounts what there is to be, with `args` and the descriptor `fd` as number 3. */
  static async open(script: string, args: readonly string[], fd?: number): Promise<MountedDisk> {
    const keep = `${script}\necho ready; exec 3>&-; exec cat >/dev/null`;
    const command = ["--mount", "--propagation", "private", "sh", "-euc", keep, "keeper", ...args];
    const keeper = spawn("unshare", command, { stdio: ["pipe", "pipe", "pipe", fd ?? "ignore"] });
    let said = "";
    keeper.stderr?.on("data", (chunk: Buffer) => (said += String(chunk)));
    const ready = keeper.stdout === null ? Promise.resolve() : once(keeper.stdout, "data");
    const ended = once(keeper, "exit").then(() => {
      throw new Error(`a disk cannot be mounted: ${said}`);
    });
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
    return new MountedDisk(keeper);
  }

  /** Runs a program with these mounts, from the folder "/". */
  async run(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
    const command = ["--mount", `--target=${this.#keeper.pid}`, "--", ...argv];
    const child = spawn("nsenter", command, { stdio: ["ignore", "pipe", "pipe"], env });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    const [code] = (await once(child, "close")) as [number | null];
    const [outText, errText] = [out, err].map((chunks) => Buffer.concat(chunks).toString());
    return { code: code ?? -1, out: outText ?? "", err: errText ?? "" };
  }

  /** Output of a program that must succeed, without the last newline. */
  async ok(argv: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
    const { code, out, err } = await this.run(argv, env);
    if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${err}${out}`);
    return out.replace(/\n$/, "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#keeper, "exit");
    this.#keeper.stdin?.end();
    await ended;
  }
}
