import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { Slipway } from "./support/slipway.ts";

interface Health {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[];
}

describe("health checks", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const start = (...flags: readonly string[]) =>
    slipway.ok([
      "run",
      "-d",
      "--network",
      "none",
      "--health-interval",
      "50ms",
      ...flags,
      "busybox",
      "sleep",
      "60",
    ]);
  const health = async (id: string): Promise<Health> =>
    JSON.parse(await slipway.ok(["inspect", id]))[0].State.Health;
  const until = (id: string, wanted: (seen: Health) => boolean): Promise<Health> =>
    eventually(() => health(id), wanted);

  it("begin as starting, turn healthy with the first success and are kept in the last five results", async () => {
    const id = await start("--health-cmd", "echo fine; test -e /ok");
    assert.equal((await health(id)).Status, "starting");
    assert.match(await slipway.ok(["ps", "--format", "{{.Status}}"]), /\(health: starting\)$/);
    await slipway.ok(["exec", id, "touch", "/ok"]);
    await until(id, ({ Status }) => Status === "healthy");
    assert.match(await slipway.ok(["ps", "--format", "{{.Status}}"]), /\(healthy\)$/);
    const { Log } = await until(
      id,
      ({ Log: log }) => log.length === 5 && log.every(({ ExitCode }) => ExitCode === 0),
    );
    assert.ok(Log.every(({ Output }) => Output === "fine\n"));
    assert.equal(await slipway.ok(["ps", "-q", "--no-trunc", "-f", "health=healthy"]), id);
    await slipway.ok(["exec", id, "rm", "/ok"]);
    const failing = await until(id, ({ Status }) => Status === "unhealthy");
    assert.ok(failing.FailingStreak >= 3);
    const actions = await slipway.actions(id, "health_status");
    // On a slow machine it may have been unhealthy before it was told to be well.
    assert.deepEqual(actions.slice(-2), ["health_status: healthy", "health_status: unhealthy"]);
    await slipway.ok(["rm", "-f", id]);
  });

  it("end a probe that takes too long, and say so", async () => {
    const id = await start(
      "--health-cmd",
      "echo begun; sleep 60",
      "--health-timeout",
      "200ms",
      "--health-retries",
      "1",
    );
    const { Log } = await until(id, ({ Status }) => Status === "unhealthy");
    assert.deepEqual(Log.map(({ ExitCode, Output }) => ({ ExitCode, Output }))[0], {
      ExitCode: -1,
      Output: "Health check exceeded timeout (0.2s): begun\n",
    });
    await slipway.ok(["rm", "-f", id]);
  });

  it("do not count failures within the start period", async () => {
    const id = await start(
      "--health-cmd",
      "false",
      "--health-retries",
      "1",
      "--health-start-period",
      "1h",
      "--health-start-interval",
      "20ms",
    );
    const { Status, FailingStreak } = await until(id, ({ Log }) => Log.length >= 3);
    assert.deepEqual({ Status, FailingStreak }, { Status: "starting", FailingStreak: 0 });
    await slipway.ok(["rm", "-f", id]);
  });

  it("come from the image, and are switched off by --no-healthcheck", async () => {
    const id = await slipway.ok([
      "create",
      "--health-cmd",
      "true",
      "--health-interval",
      "50ms",
      "busybox",
      "sleep",
      "60",
    ]);
    await slipway.ok(["commit", "-c", 'HEALTHCHECK --interval=50ms CMD ["true"]', id, "checked"]);
    const checked = await slipway.ok(["run", "-d", "--network", "none", "checked"]);
    await until(checked, ({ Status }) => Status === "healthy");
    const off = await slipway.ok(["run", "-d", "--network", "none", "--no-healthcheck", "checked"]);
    assert.equal(await health(off), undefined);
    await slipway.ok(["rm", "-f", checked, off, id]);
  });
});
