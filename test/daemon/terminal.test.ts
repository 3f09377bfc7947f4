import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { builtCommand } from "../e2e/support/command.ts";
import { seesNewSize, Terminal } from "../e2e/support/terminal.ts";
import { findCommand, requiresCommand } from "../support/requires.ts";
import { DaemonRig } from "./support/daemon-rig.ts";

describe("a terminal of a daemon's client", () => {
  let daemon: DaemonRig;
  before(async function () {
    requiresCommand(this, "script");
    daemon = await DaemonRig.open(this);
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  const open = (command: string) =>
    new Terminal(command, {
      PATH: process.env["PATH"],
      HOME: daemon.slipway.scratch.path,
      TERM: "xterm",
      DOCKER_HOST: `unix://${daemon.socket}`,
    });

  const clients = [
    { title: "docker", find: () => findCommand("docker") },
    { title: "slipway", find: builtCommand },
  ];
  for (const { title, find } of clients)
    it(`has the size of the terminal that ${title} starts it from and leaves`, async function () {
      const name = `${title}-left`;
      const command = `run -dt --name ${name} --network none busybox stty size`;
      const terminal = open(`${find() ?? requiresCommand(this, title)} ${command}`);
      assert.equal(await terminal.ended(), 0);
      await daemon.engine.containers.wait(name);
      assert.equal(await daemon.slipway.ok(["logs", name]), "37 91\r");
      await daemon.engine.containers.remove(name);
    });
  for (const { title, find } of clients)
    it(`tells run, attach and exec of ${title} of its new size`, async function () {
      const client = find() ?? requiresCommand(this, title);
      const first = open(`${client} run -it --name ${title} --network none busybox sh`);
      await seesNewSize(first);
      first.type("\x10\x11");
      assert.equal(await first.ended(), 0);
      for (const argv of [`exec -it ${title} sh`, `attach ${title}`]) {
        const terminal = open(`${client} ${argv}`);
        terminal.type("\r");
        await seesNewSize(terminal);
        terminal.type("exit\r");
        assert.equal(await terminal.ended(), 0);
      }
      await daemon.engine.containers.remove(title);
    });
});
