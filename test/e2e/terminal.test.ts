import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { requiresCommand } from "../support/requires.ts";
import { builtCommand, commandEnv } from "./support/command.ts";
import { Slipway } from "./support/slipway.ts";

const PATIENCE_MS = 15_000;

/** A command line in a process and on a terminal of its own, driven like a user does: type, and look at what appears. */
class Terminal {
  readonly #process: ChildProcess;
  text = "";

  constructor(command: string) {
    this.#process = spawn("script", ["-qec", command, "/dev/null"], {
      stdio: ["pipe", "pipe", "inherit"],
      env: commandEnv(),
    });
    this.#process.stdout?.on("data", (data: Buffer) => {
      this.text += data.toString();
    });
  }

  type(text: string): void {
    this.#process.stdin?.write(text);
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

describe("a terminal", () => {
  let slipway: Slipway;
  let command: string;
  before(async function () {
    requiresCommand(this, "script");
    command = builtCommand();
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const open = (argv: string) =>
    new Terminal(`stty cols 91 rows 37; exec ${command} --root ${slipway.root} ${argv}`);

  it("is the container's with run -it: size, raw keys, exit code", async () => {
    const terminal = open("run --rm -it --network none busybox sh");
    await terminal.see(/\/ # /);
    terminal.type("stty size; tty\r");
    await terminal.see(/37 91\r\n\/dev\/pts\/0/);
    terminal.type("echo started; sleep 100\r");
    await terminal.see(/\nstarted\r\n/);
    terminal.type("\x03");
    await terminal.see(/\^C[\s\S]*\/ # /);
    terminal.type("echo code $?; exit 6\r");
    await terminal.see(/code 130/);
    assert.equal(await terminal.ended(), 6);
  });

  it("lets go with ctrl-p ctrl-q, and takes hold again with attach", async () => {
    const first = open("run -it --name held --network none busybox sh");
    await first.see(/\/ # /);
    first.type("X=kept\r");
    await first.see(/X=kept/);
    first.type("\x10\x11");
    assert.equal(await first.ended(), 0);
    assert.match(await slipway.ok(["ps", "--format", "{{.Status}}", "-f", "name=held"]), /^Up /);

    const second = open("attach held");
    // The shell repeats its prompt when the terminal's size is set.
    second.type("\r");
    await second.see(/\/ # /);
    second.type("echo $X; exit 3\r");
    await second.see(/kept\r\n/);
    assert.equal(await second.ended(), 3);
    await slipway.ok(["rm", "held"]);
  });

  it("is given to exec -it", async () => {
    await slipway.ok(["run", "-d", "--name", "bg", "--network", "none", "busybox", "sleep", "100"]);
    const terminal = open("exec -it bg sh");
    await terminal.see(/\/ # /);
    terminal.type("stty size; exit 5\r");
    await terminal.see(/37 91/);
    assert.equal(await terminal.ended(), 5);
    await slipway.ok(["rm", "-f", "bg"]);
  });
});
