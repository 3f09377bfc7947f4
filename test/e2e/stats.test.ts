import assert from "node:assert/strict";
import { Slipway } from "./support/slipway.ts";

describe("stats", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  it("show what running containers use, in docker's columns", async () => {
    const flags = ["--name", "busy", "-m", "64m", "--pids-limit", "20"];
    await slipway.ok(["run", "-d", ...flags, "busybox", "sh", "-c", "while :; do :; done"]);
    const [head = "", line = "", ...more] = (await slipway.ok(["stats", "--no-stream"])).split("\n");
    assert.equal(
      head.replaceAll(/ {2,}/g, "|"),
      "CONTAINER ID|NAME|CPU %|MEM USAGE / LIMIT|MEM %|NET I/O|BLOCK I/O|PIDS",
    );
    assert.match(
      line,
      /^[0-9a-f]{12} +busy +\d+\.\d\d% +\S+i?B \/ 64MiB +\d+\.\d\d% +\S+B \/ \S+B +\S+B \/ \S+B +1$/,
    );
    assert.deepEqual(more, []);
    const percent = await slipway.ok(["stats", "--no-stream", "--format", "{{.CPUPerc}}", "busy"]);
    assert.ok(Number.parseFloat(percent) > 1, `${percent} of a processor`);
    await slipway.ok(["rm", "-f", "busy"]);
  });

  it("show nothing of a container that does not run", async () => {
    await slipway.ok(["create", "--name", "idle", "busybox"]);
    const format = "{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}";
    assert.equal(
      await slipway.ok(["stats", "--no-stream", "--format", format, "idle"]),
      "idle 0.00% 0B / 0B 0",
    );
    assert.match((await slipway.run(["stats", "--no-stream", "nobody"])).err, /No such container: nobody/);
    await slipway.ok(["rm", "idle"]);
  });
});
