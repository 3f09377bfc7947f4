import assert from "node:assert/strict";
import { requiresCommand } from "../support/requires.ts";
import { builtCommand } from "./support/command.ts";
import { Slipway } from "./support/slipway.ts";
import { seesNewSize, Terminal } from "./support/terminal.ts";

describe("a terminal", () => {
  let slipway: Slipway;
  let command: string;
  before(async function () {
    requiresCommand(this, "script");
    command = builtCommand();
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const open = (argv: string) => new Terminal(`${command} --root ${slipway.root} ${argv}`);

  it("is the container's with run -it: size, raw keys, exit code", async () => {
    const terminal = open("run --rm -it --network none busybox sh");
    await terminal.see(/\/ # /);
    terminal.type("stty size; tty\r");
    await terminal.see(/37 91\r\n\/dev\/pts\/0/);
    // Said by what the key is for: the shell itself takes no notice of it.
    terminal.type("sh -c 'echo started; exec sleep 100'\r");
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

  it("tells run, attach and exec of its new size", async () => {
    const first = open("run -it --name sized --network none busybox sh");
    await seesNewSize(first);
    first.type("\x10\x11");
    assert.equal(await first.ended(), 0);
    for (const argv of ["exec -it sized sh", "attach sized"]) {
      const terminal = open(argv);
      terminal.type("\r");
      await seesNewSize(terminal);
      terminal.type("exit\r");
      assert.equal(await terminal.ended(), 0);
    }
    await slipway.ok(["rm", "sized"]);
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
