import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { openEngine } from "../../engine/compose.ts";
import { bridgeName } from "../../runtime/network/bridge-driver.ts";
import { Slipway } from "../e2e/support/slipway.ts";
import { requiresCommand } from "../support/requires.ts";

// By hand with more: SLIPWAY_CYCLES=1000 SLIPWAY_CONTAINERS=100 npx mocha test/probe/cycles.test.ts
const CYCLES = Number(process.env["SLIPWAY_CYCLES"] ?? 3);
const CONTAINERS = Number(process.env["SLIPWAY_CONTAINERS"] ?? 3);
const SHIM_LIMIT = 2 << 20;

const subfolders = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [`${entry.parentPath}/${entry.name}`] : [],
      )
    : [];

/** What a container must not leave on this machine, as far as it can be told from what other roots have. */
function traces(root: string, ids: readonly string[]) {
  const bridge = bridgeName(root);
  const groups = readdirSync("/sys/fs/cgroup").flatMap((name) =>
    subfolders(`/sys/fs/cgroup/${name}/slipway`),
  );
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    mounts: readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .filter((line) => line.includes(root)).length,
    groups: groups.filter((path) => ids.some((id) => path.includes(id))),
    interfaces: readdirSync(`/sys/class/net/${bridge}/brif`),
    rules: spawnSync("nft", ["list", "table", "inet", bridge], { encoding: "utf8" }).stdout,
    folders: readdirSync(`${root}/containers`),
  };
}

/** Proportional share of memory, in bytes: proc_pid_smaps(5). */
const pss = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]) * 1024;

const parentOf = (pid: number): number =>
  Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

describe("many containers", () => {
  let slipway: Slipway;
  before(async function () {
    requiresCommand(this, "nft");
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  it(`leave nothing behind in ${CYCLES} lives`, async function () {
    this.timeout(10_000 + CYCLES * 2000);
    await using engine = await openEngine(slipway.root);
    const { containers } = engine;
    const live = async (): Promise<string> => {
      const { id } = await containers.create({
        config: { Image: "busybox", Cmd: ["true"], Volumes: { "/v": {} } },
        hostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
      });
      await containers.start(id);
      assert.equal((await containers.wait(id)).exitCode, 0);
      await containers.remove(id, { volumes: true });
      return id;
    };
    const first = await live();
    const before = traces(slipway.root, [first]);
    const ids: string[] = [];
    for (let cycle = 0; cycle < CYCLES; cycle++) ids.push(await live());
    assert.deepEqual(traces(slipway.root, ids), before);
    assert.deepEqual([before.groups, before.folders, before.interfaces], [[], [], []]);
  });

  it(`are each kept by a shim of less than two mebibytes: ${CONTAINERS}`, async function () {
    this.timeout(20_000 + CONTAINERS * 1000);
    await using engine = await openEngine(slipway.root);
    const { containers } = engine;
    const shims: number[] = [];
    for (let count = 0; count < CONTAINERS; count++) {
      const { id } = await containers.create({
        config: { Image: "busybox", Cmd: ["sleep", "600"], Healthcheck: { Test: ["CMD", "true"] } },
        hostConfig: { RestartPolicy: { Name: "always", MaximumRetryCount: 0 } },
      });
      await containers.start(id);
      shims.push(parentOf((await containers.get(id)).state.pid));
    }
    const sizes = shims.map(pss);
    assert.ok(Math.max(...sizes) < SHIM_LIMIT, `the largest has ${Math.max(...sizes) >> 10} KiB`);
    for (const { id } of await containers.list()) await containers.remove(id, { force: true });
  });
});
