import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { openEngine } from "../../engine/compose.ts";
import { eventually } from "../support/eventually.ts";
import { testedDriver } from "../support/snapshot-driver.ts";
import { Slipway } from "./support/slipway.ts";

describe("restart policies", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const start = (policy: string, script: string, ...flags: readonly string[]) =>
    slipway.ok(["run", "-d", "--restart", policy, ...flags, "busybox", "sh", "-c", script]);
  const look = async (id: string, template: string) => slipway.ok(["inspect", "-f", template, id]);
  const until = (id: string, template: string, wanted: RegExp): Promise<string> =>
    eventually(
      () => look(id, template),
      (text) => wanted.test(text),
    );
  const STATE =
    "{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{.State.Running}} {{.State.Restarting}}";

  it("start a failing process again as often as they say, and no more", async () => {
    const id = await start("on-failure:2", "echo run; exit 3");
    await until(id, STATE, /^exited 2 3 false false$/);
    assert.equal(await slipway.ok(["logs", id]), "run\nrun\nrun");
    assert.deepEqual(await slipway.actions(id), ["create", "start", "die", "start", "die", "start", "die"]);
  });

  it("leave a process alone that ends well under on-failure", async () => {
    const id = await start("on-failure", "true");
    await until(id, STATE, /^exited 0 0 false false$/);
  });

  it("keep address, name, log and volumes over the runs", async () => {
    const id = await start(
      "always",
      "hostname -i; cat /keep/n; echo x >> /keep/n; sleep 0.05",
      "-v",
      "/keep",
    );
    await until(id, "{{.RestartCount}}", /^[2-9]/);
    await slipway.ok(["stop", "-t", "0", id]);
    const [first, ...others] = (await slipway.ok(["logs", id]))
      .split("\n")
      .filter((line) => /^[0-9.]{7,}$/.test(line));
    assert.ok(others.length >= 2 && others.every((address) => address === first), others.join());
    assert.match(await slipway.ok(["logs", id]), /x\nx/);
  });

  it("are shown while they wait, and refuse what needs a process", async () => {
    const id = await start("always", "exit 7");
    await until(id, "{{.RestartCount}}", /^[5-9]/);
    await until(id, STATE, /^restarting \d 7 true true$/);
    assert.match(await slipway.ok(["ps", "--format", "{{.Status}}"]), /^Restarting \(7\) .* ago$/);
    const { code, err } = await slipway.run(["exec", id, "true"]);
    assert.equal(code, 1);
    assert.match(err, /is restarting, wait until the container is running/);
    assert.match(
      (await slipway.run(["rm", id])).err,
      /container is restarting: stop the container before removing/,
    );
    await slipway.ok(["rm", "-f", id]);
    assert.equal(await slipway.ok(["ps", "-aq", "-f", `id=${id}`]), "");
  });

  for (const [what, command] of [
    ["stop", ["stop"]],
    ["kill", ["kill"]],
  ] as const) {
    it(`end with ${what}, whether the process runs or waits`, async () => {
      const waiting = await start("always", "exit 1");
      await until(waiting, "{{.State.Status}} {{.RestartCount}}", /^restarting [4-9]/);
      await slipway.ok([...command, waiting]);
      await until(waiting, "{{.State.Status}}", /^exited$/);
      const running = await start("unless-stopped", "trap 'exit 5' TERM; while :; do sleep 0.05; done");
      await slipway.ok([...command, running]);
      assert.match(await until(running, STATE, /^exited/), /^exited 0 (5|137|143) false false$/);
    });
  }

  it("are changed by update while the container runs", async () => {
    const id = await start("no", "test -e /second && exec sleep 60; touch /second; sleep 1; exit 1");
    await slipway.ok(["update", "--restart", "on-failure:3", id]);
    assert.equal(await look(id, "{{.HostConfig.RestartPolicy.Name}}"), "on-failure");
    await until(id, STATE, /^running 1 0 true false$/);
    await slipway.ok(["rm", "-f", id]);
  });

  it("are followed anew where the shim was killed, but for what somebody stopped", async () => {
    await using engine = await openEngine(slipway.root, testedDriver());
    const shimOf = (pid: number): number =>
      Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    const [lost, stopped] = [
      await start("unless-stopped", "sleep 60"),
      await start("unless-stopped", "sleep 60"),
    ];
    await slipway.ok(["stop", "-t", "0", stopped]);
    process.kill(shimOf((await engine.containers.get(lost)).state.pid), "SIGKILL");
    await until(lost, "{{.State.Status}} {{.State.ExitCode}}", /^exited 137$/);
    const failed: unknown[] = [];
    await engine.containers.revive((one) => failed.push(one));
    assert.deepEqual(failed, []);
    assert.equal(await look(lost, "{{.State.Status}}"), "running");
    assert.equal(await look(stopped, "{{.State.Status}}"), "exited");
    await slipway.ok(["rm", "-f", lost, stopped]);
  });
});
