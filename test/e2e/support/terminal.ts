import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { commandEnv } from "./command.ts";

const PATIENCE_MS = 15_000;
const SIZE = { columns: 91, rows: 37 } as const;

/** A command line in a process and on a terminal of its own, driven like a user does: type, and look at what appears. Needs script(1). */
export class Terminal {
  readonly #process: ChildProcess;
  text = "";

  constructor(command: string, env: NodeJS.ProcessEnv = commandEnv()) {
    const sized = `tty; stty cols ${SIZE.columns} rows ${SIZE.rows}; exec ${command}`;
    this.#process = spawn("script", ["-qec", sized, "/dev/null"], {
      stdio: ["pipe", "pipe", "inherit"],
      env,
    });
    this.#process.stdout?.on("data", (data: Buffer) => {
      this.text += data.toString();
    });
  }

  type(text: string): void {
    this.#process.stdin?.write(text);
  }

  /** As a user does who drags the window's corner: the kernel tells the command by SIGWINCH. */
  async resize(columns: number, rows: number): Promise<void> {
    // What was typed before the command began may be shown before it.
    const name = /(\/dev\/pts\/\d+)\r\n/;
    await this.see(name);
    const [, path = ""] = name.exec(this.text) ?? [];
    await promisify(execFile)("stty", ["-F", path, "cols", String(columns), "rows", String(rows)]);
  }

  /** Rejects with what there is instead when it does not appear. */
  async see(form: RegExp): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while (!form.test(this.text)) {
      await once(this.#process.stdout ?? this.#process, "data", { signal }).catch(() =>
        assert.match(this.text, form),
      );
    }
  }

  /** The exit code of the command. */
  async ended(): Promise<number> {
    if (this.#process.exitCode === null) await once(this.#process, "exit");
    return this.#process.exitCode ?? -1;
  }
}

/** What a shell on the terminal says of its size once it was changed: it asks again until that arrived. */
export async function seesNewSize(terminal: Terminal): Promise<void> {
  await terminal.see(/[#$] /);
  terminal.type("stty size\r");
  await terminal.see(/\n37 91\r\n/);
  terminal.type("until [ \"$(stty size)\" = '43 132' ]; do sleep 0.05; done; echo now $(stty size)\r");
  await terminal.resize(132, 43);
  await terminal.see(/\nnow 43 132\r\n/);
}
