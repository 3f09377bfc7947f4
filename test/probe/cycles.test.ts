import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { bridgeName } from "../../runtime/network/bridge-driver.ts";
import { ApiClient } from "../daemon/support/api-client.ts";
import { DaemonProcess } from "../daemon/support/daemon-process.ts";
import { Slipway } from "../e2e/support/slipway.ts";
import { eventually } from "../support/eventually.ts";
import { requiresCommand } from "../support/requires.ts";

// By hand with more: SLIPWAY_CYCLES=1000 SLIPWAY_CONTAINERS=100 npx mocha test/probe/cycles.test.ts
const CYCLES = Number(process.env["SLIPWAY_CYCLES"] ?? 3);
const CONTAINERS = Number(process.env["SLIPWAY_CONTAINERS"] ?? 3);
/** Lives before the first look: what is made once is there then. */
const WARM_UP = Math.ceil(CYCLES / 10);
const SHIM_LIMIT = 2 << 20;
const DAEMON_LIMIT = 200 << 20;
/** What a heap may differ by between two looks at any moment. */
const MEMORY_TOLERANCE = 24 << 20;

const subfolders = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [`${entry.parentPath}/${entry.name}`] : [],
      )
    : [];

/** What a container must not leave on this machine, as far as it can be told from what other roots have. */
function traces(root: string, pid: number, ids: readonly string[]) {
  const bridge = bridgeName(root);
  const groups = readdirSync("/sys/fs/cgroup").flatMap((name) =>
    subfolders(`/sys/fs/cgroup/${name}/slipway`),
  );
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    mounts: readFileSync(`/proc/${pid}/mountinfo`, "utf8")
      .split("\n")
      .filter((line) => line.includes(root)).length,
    groups: groups.filter((path) => ids.some((id) => path.includes(id))),
    interfaces: readdirSync(`/sys/class/net/${bridge}/brif`),
    rules: spawnSync("nft", ["list", "table", "ip", bridge], { encoding: "utf8" }).stdout,
    folders: ["containers", "snapshots", "volumes", "locks", "ingest"].map((name) =>
      readdirSync(`${root}/${name}`),
    ),
  };
}

/** A size of a process in bytes, summed over its mappings: proc_pid_smaps(5). */
const sizeOf = (pid: number, field: "Rss" | "Pss"): number =>
  1024 *
  Number(
    new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1],
  );

const parentOf = (pid: number): number =>
  Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

describe("many containers", () => {
  let slipway: Slipway;
  let daemon: DaemonProcess;
  let api: ApiClient;
  before(async function () {
    requiresCommand(this, "nft");
    slipway = await Slipway.open(this);
    api = new ApiClient(slipway.scratch.join("daemon.sock"));
    daemon = new DaemonProcess(slipway.root, ["-H", `unix://${api.socket}`]);
    await daemon.said(/API listen on/);
  });
  after(async () => {
    await daemon?.stop();
    await slipway?.[Symbol.asyncDispose]();
  });

  let lives = 0;
  async function live(): Promise<string> {
    const id = await api.run(`life-${lives++}`, {
      Cmd: ["true"],
      Volumes: { "/v": {} },
      HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
    });
    assert.equal(await api.call("POST", `/containers/${id}/wait`), '{"StatusCode":0}\n');
    await api.call("DELETE", `/containers/${id}?v=1`);
    return id;
  }

  it(`leave nothing behind in ${CYCLES} lives`, async function () {
    this.timeout(20_000 + CYCLES * 2000);
    const ids: string[] = [];
    while (ids.length < WARM_UP) ids.push(await live());
    const look = () => traces(slipway.root, daemon.pid, ids);
    let seen = look();
    const before = await eventually(look, (now) => {
      const still = isDeepStrictEqual(now, seen);
      seen = now;
      // The files of what was removed go a little later.
      return still && now.folders.flat().length === 0;
    });
    const memory = sizeOf(daemon.pid, "Rss");
    while (ids.length < WARM_UP + CYCLES) ids.push(await live());
    await eventually(look, (now) => isDeepStrictEqual(now, before));
    const { groups, folders, interfaces } = before;
    assert.deepEqual([groups, folders, interfaces], [[], [[], [], [], [], []], []]);
    const grown = sizeOf(daemon.pid, "Rss") - memory;
    if (this.test !== undefined)
      this.test.title += ` (the daemon of ${mebibytes(memory)} has ${mebibytes(grown)} more)`;
    assert.ok(grown < MEMORY_TOLERANCE);
  });

  it(`cost little while they run: ${CONTAINERS}`, async function () {
    this.timeout(20_000 + CONTAINERS * 1000);
    const ids: string[] = [];
    while (ids.length < CONTAINERS)
      ids.push(
        await api.run(`running-${ids.length}`, {
          Cmd: ["sleep", "600"],
          Healthcheck: { Test: ["CMD", "true"] },
          HostConfig: { RestartPolicy: { Name: "always" } },
        }),
      );
    const all = await api.get<readonly object[]>("/containers/json");
    assert.equal(all.length, CONTAINERS);
    const shims: number[] = [];
    for (const id of ids) {
      const { State } = await api.get<{ readonly State: { readonly Pid: number } }>(`/containers/${id}/json`);
      shims.push(sizeOf(parentOf(State.Pid), "Pss"));
    }
    const [shim, whole] = [Math.max(...shims), sizeOf(daemon.pid, "Rss")];
    if (this.test !== undefined)
      this.test.title += ` (the daemon has ${mebibytes(whole)}, the largest shim ${mebibytes(shim)})`;
    assert.ok(shim < SHIM_LIMIT && whole < DAEMON_LIMIT);
    for (const id of ids) await api.call("DELETE", `/containers/${id}?force=1`);
  });
});
