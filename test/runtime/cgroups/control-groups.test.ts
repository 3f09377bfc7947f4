import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadKernel } from "../../../native/binding.ts";
import type { ControlGroup } from "../../../runtime/cgroups/control-groups.ts";
import { createControlGroups } from "../../../runtime/cgroups/host-control-groups.ts";
import { readLayout } from "../../../runtime/cgroups/layout.ts";
import { DEFAULT_DEVICE_RULES } from "../../../runtime/spec/devices.ts";
import { requiresNativeCore, requiresRoot } from "../../support/requires.ts";

function enter(
  group: ControlGroup,
  command: readonly [string, ...string[]],
): ChildProcess & { readonly pid: number } {
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: "ignore" });
  if (child.pid === undefined) throw new Error(`${file} did not start`);
  for (const procs of group.procs) writeFileSync(procs, String(child.pid));
  return Object.assign(child, { pid: child.pid });
}

const stateOf = (pid: number) => /^State:\t(.)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];

describe("runtime/cgroups", () => {
  let group: ControlGroup;
  let warnings: readonly string[];

  before(function () {
    requiresRoot(this);
    requiresNativeCore(this);
    if (readLayout().mode === "none") this.skip();
  });
  beforeEach(() => {
    const path = `/slipway-test/${process.pid}`;
    const made = createControlGroups(loadKernel()).create(path, { pids: { limit: 20 } });
    group = made.group;
    warnings = made.warnings;
  });
  afterEach(async () => {
    await group?.remove();
  });
  after(async () => {
    if (group !== undefined) await createControlGroups(loadKernel()).open("/slipway-test").remove();
  });

  it("limits, counts and kills", async () => {
    assert.deepEqual(warnings, []);
    const child = enter(group, ["sleep", "60"]);
    assert.deepEqual(group.pids(), [child.pid]);
    assert.equal(group.usage().pids.current, 1);
    assert.equal(group.oomKills(), 0);
    const exit = once(child, "exit");
    await group.kill();
    assert.deepEqual(await exit, [null, "SIGKILL"]);
  });

  it("freezes and thaws", async () => {
    const child = enter(group, ["sh", "-c", "while :; do :; done"]);
    await group.freeze(true);
    assert.equal(group.frozen(), true);
    assert.notEqual(stateOf(child.pid), "R");
    await group.freeze(false);
    assert.equal(group.frozen(), false);
  });

  it("is removed with frozen processes and nested groups in it, and once more", async () => {
    const child = enter(group, ["sleep", "60"]);
    const nested = group.directories.map((directory) => join(directory, "nested"));
    for (const directory of nested) mkdirSync(directory);
    await group.freeze(true);
    const exit = once(child, "exit");
    await group.remove();
    assert.deepEqual(await exit, [null, "SIGKILL"]);
    assert.ok(group.directories.every((directory) => !existsSync(directory)));
    await group.remove();
  });

  it("names the value a kernel refuses", () => {
    assert.throws(() => createControlGroups(loadKernel()).create(group.path, { cpu: { cpus: "9999" } }), {
      code: "CGROUP_FAILED",
      message: /cpuset\.cpus: writing "9999": E/,
    });
  });

  it("warns where no hierarchy is mounted, that devices are kept away by other means", () => {
    const groups = createControlGroups(loadKernel(), { mode: "none", legacy: [] });
    const { devicesConfined, procs, warnings } = groups.confine("/slipway-test", DEFAULT_DEVICE_RULES);
    assert.deepEqual([devicesConfined, procs], [false, []]);
    assert.deepEqual(warnings, [
      "no control group confines devices (neither the devices controller nor a cgroup v2 hierarchy is mounted): CAP_MKNOD is dropped and the root filesystem is mounted nodev",
    ]);
  });

  it("shares one group for devices, made once", async () => {
    const groups = createControlGroups(loadKernel());
    const path = `/slipway-test/shared-${process.pid}`;
    const [first, second] = [1, 2].map(() => groups.confine(path, DEFAULT_DEVICE_RULES));
    assert.deepEqual(first, second);
    assert.deepEqual([first?.devicesConfined, groups.open(path).confinesDevices()], [true, true]);
  });

  it("does what it can on a v2 hierarchy alone, and names what it cannot", async function () {
    const { unified } = readLayout();
    if (unified === undefined) return this.skip();
    const layout = { mode: "v2", unified, legacy: [] } as const;
    const groups = createControlGroups(loadKernel(), layout);
    const resources = {
      memory: { limit: 2 ** 24, swap: 2 ** 25 },
      devices: [{ allow: false, access: "rwm" }],
    };
    const made = groups.create(`/slipway-test/v2-${process.pid}`, resources);
    try {
      assert.equal(groups.namespaces, true);
      const lacks = !unified.controllers.includes("memory");
      const lost = [
        "this system has no memory control group or it is not mounted: limit discarded",
        "this kernel cannot limit swap: memory is limited without swap",
      ];
      assert.deepEqual(made.warnings, lacks ? lost : []);
      assert.deepEqual([made.devicesConfined, made.group.confinesDevices()], [true, true]);
      const child = enter(made.group, ["sleep", "60"]);
      await made.group.freeze(true);
      assert.equal(made.group.frozen(), true);
      const exit = once(child, "exit");
      await made.group.remove();
      assert.deepEqual(await exit, [null, "SIGKILL"]);
      assert.ok(made.group.directories.every((directory) => !existsSync(directory)));
    } finally {
      await made.group.remove();
    }
  });
});
