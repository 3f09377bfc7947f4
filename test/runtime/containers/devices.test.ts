import assert from "node:assert/strict";
import { digestOf } from "../../../core/digest.ts";
import { type CgroupLayout, readLayout } from "../../../runtime/cgroups/layout.ts";
import type { ContainerManager } from "../../../runtime/containers/container-manager.ts";
import { DEFAULT_HOST_CONFIG, DEFAULT_PROCESS_CONFIG } from "../../../runtime/spec/defaults.ts";
import { requiresHostDisk, tryDevices } from "../../support/devices.ts";
import { openRuntimeRig, type RuntimeRig, requiresContainers } from "../../support/runtime-rig.ts";

const NO_GROUPS: CgroupLayout = { mode: "none", legacy: [] };

describe("runtime/containers: devices", () => {
  let rig: RuntimeRig;
  let disk: string;
  before(async function () {
    const tar = requiresContainers(this);
    disk = requiresHostDisk(this);
    rig = await openRuntimeRig(tar);
  });
  after(() => rig?.[Symbol.asyncDispose]());

  const create = (containers: ContainerManager, script: string, privileged = false) =>
    containers.create({
      name: "tries",
      imageId: digestOf("busybox"),
      layers: rig.layers,
      config: { ...DEFAULT_PROCESS_CONFIG, Image: "busybox", Cmd: ["sh", "-c", script] },
      hostConfig: { ...DEFAULT_HOST_CONFIG, NetworkMode: "none", Privileged: privileged, CapAdd: ["MKNOD"] },
    });

  async function text(output: AsyncIterable<{ readonly data: Uint8Array }>): Promise<string> {
    let all = "";
    for await (const { data } of output) all += Buffer.from(data).toString();
    return all;
  }

  async function run(containers: ContainerManager, script: string, privileged = false) {
    const id = await create(containers, script, privileged);
    try {
      await using attachment = await containers.attach(id, { stdin: false });
      const warnings = await containers.start(id);
      return { output: await text(attachment.output), warnings };
    } finally {
      await containers.remove(id, { force: true, volumes: true });
    }
  }

  it("are kept away by a filter where there is only a v2 hierarchy", async function () {
    const { unified } = readLayout();
    if (unified === undefined) return this.skip();
    const containers = rig.openContainers({ mode: "v2", unified, legacy: [] });
    const { output, warnings } = await run(containers, tryDevices(disk));
    assert.deepEqual([output, warnings], ["head: /disk: Operation not permitted\n", []]);
    assert.equal((await run(containers, tryDevices(disk), true)).output.length <= 1, true);
  });

  it("are not made, and said so, where no hierarchy is mounted", async () => {
    const containers = rig.openContainers(NO_GROUPS);
    const { output, warnings } = await run(containers, `echo lost >/dev/null; ${tryDevices(disk)}`);
    assert.equal(output, "mknod: /null: Operation not permitted\n");
    assert.deepEqual(warnings, [
      "no control group confines devices (neither the devices controller nor a cgroup v2 hierarchy is mounted): CAP_MKNOD is dropped and the root filesystem is mounted nodev",
    ]);
  });

  it("are not made by a further process either", async () => {
    const containers = rig.openContainers(NO_GROUPS);
    const id = await create(containers, "sleep 60");
    try {
      await containers.start(id);
      await using session = await containers.exec(id, {
        Cmd: ["mknod", "/dev/disk", "b", ...disk.split(" ")],
      });
      assert.equal(await text(session.output), "mknod: /dev/disk: Operation not permitted\n");
    } finally {
      await containers.remove(id, { force: true, volumes: true });
    }
  });

  it("are all there for a privileged container, whatever is mounted", async () => {
    const { output, warnings } = await run(rig.openContainers(NO_GROUPS), tryDevices(disk), true);
    assert.deepEqual([output.length <= 1, warnings], [true, []]);
  });
});
