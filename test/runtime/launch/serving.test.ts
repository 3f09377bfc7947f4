import assert from "node:assert/strict";
import { openSync, readdirSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { ifThere } from "../../../core/if-there.ts";
import type { LaunchIo, ServingLauncher } from "../../../runtime/launch/launcher.ts";
import { eventually } from "../../support/eventually.ts";
import { Bench, processOf, specOf } from "./support.ts";

/** Children of this process that wait for launches, or have ended and were not reaped. */
function servers(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) =>
      ifThere(() => readFileSync(`/proc/${pid}/stat`, "utf8"))?.includes(`) S ${process.pid} `),
    )
    .filter(
      (pid) => ifThere(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) === "slipway-launcher\0serve\0",
    )
    .map(Number);
}

const stat = (pid: number): string | undefined => ifThere(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
const gone = (pid: number): boolean => stat(pid) === undefined;

describe("a launcher that serves", () => {
  let bench: Bench;
  let io: LaunchIo;
  let launcher: ServingLauncher;
  before(function () {
    bench = Bench.open(this);
    const fd = openSync("/dev/null", "r+");
    io = { kind: "descriptors", stdin: fd, stdout: fd, stderr: fd };
    launcher = bench.launcher.serving();
  });
  after(() => {
    launcher?.[Symbol.dispose]();
    bench?.[Symbol.dispose]();
  });

  async function exitCode(script: string, by: ServingLauncher = launcher): Promise<unknown> {
    await using launched = await by.launch(bench.request(specOf(processOf(["sh", "-c", script])), io));
    await launched.go();
    return await launched.exited();
  }

  it("performs launches one after the other and at the same time", async () => {
    assert.deepEqual(await exitCode("exit 3"), { code: 3 });
    const codes = [4, 5, 6, 7];
    const ended = await Promise.all(codes.map((code) => exitCode(`exit ${code}`)));
    assert.deepEqual(
      ended,
      codes.map((code) => ({ code })),
    );
  });

  it("leaves a launched process nothing of its own but the standard streams", async () => {
    // A shell opens what it needs for itself above these.
    const script = 'for i in 3 4 5 6 7 8 9; do test -e "/proc/$$/fd/$i" && exit 1; done; true';
    assert.deepEqual(await exitCode(script), { code: 0 });
  });

  it("ends when it is disposed of, but not what it has launched", async () => {
    const before = new Set(servers());
    const other = bench.launcher.serving();
    assert.equal(await eventually(() => servers().some((pid) => !before.has(pid))), true);
    const [server = -1] = servers().filter((pid) => !before.has(pid));
    await using launched = await other.launch(bench.request(specOf(processOf(["sh", "-c", "exit 8"])), io));
    other[Symbol.dispose]();
    assert.equal(await eventually(() => gone(server)), true);
    await launched.go();
    assert.deepEqual(await launched.exited(), { code: 8 });
  });

  it("is done without once it was killed", async () => {
    const before = new Set(servers());
    using other = bench.launcher.serving();
    assert.equal(await eventually(() => servers().some((pid) => !before.has(pid))), true);
    const [server = -1] = servers().filter((pid) => !before.has(pid));
    process.kill(server, "SIGKILL");
    await eventually(() => stat(server)?.includes(") Z ") === true);
    assert.deepEqual(await exitCode("exit 9", other), { code: 9 });
    assert.equal(await eventually(() => gone(server)), true);
  });
});
