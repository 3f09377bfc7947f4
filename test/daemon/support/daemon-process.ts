import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { builtCommand, commandEnv } from "../../e2e/support/command.ts";

const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 20;

/** `slipway daemon` as users run it, as a process of its own. */
export class DaemonProcess {
  readonly #child: ReturnType<typeof spawn>;
  /** What it wrote to standard error. */
  log = "";

  constructor(root: string, argv: readonly string[], options: SpawnOptions = {}) {
    const { stdio = ["ignore", "ignore", "pipe"], ...rest } = options;
    const whole = { stdio, env: commandEnv(), ...rest };
    this.#child = spawn(builtCommand(), ["daemon", "--data-root", root, ...argv], whole);
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.log += chunk.toString();
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the daemon could not be started");
    return this.#child.pid;
  }

  /** What the log says there; rejects when the process ends before. */
  async said(form: RegExp): Promise<RegExpExecArray> {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
      const found = form.exec(this.log);
      if (found !== null) return found;
      if (this.#hasEnded) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    throw new Error(`the daemon never said ${form}: ${this.log}`);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Its exit status; null when a signal ended it. */
  async ended(): Promise<number | null> {
    if (!this.#hasEnded) await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  async stop(): Promise<number | null> {
    this.signal("SIGTERM");
    return this.ended();
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended();
  }
}
