import assert from "node:assert/strict";
import { existsSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { deferred } from "../../core/deferred.ts";
import type { Digest } from "../../core/digest.ts";
import { newId } from "../../core/ids.ts";
import { createControlGroups } from "../../runtime/cgroups/host-control-groups.ts";
import { type CgroupLayout, type Hierarchy, readLayout } from "../../runtime/cgroups/layout.ts";
import { resolveBuiltin } from "../../runtime/seccomp/resolve.ts";
import { readHostFacts } from "../../runtime/spec/host-facts.ts";
import {
  createTransientRunner,
  type TransientRequest,
  type TransientRunner,
} from "../../runtime/transient.ts";
import { requiresHostDisk, tryDevices } from "../support/devices.ts";
import { openRuntimeRig, type RuntimeRig, requiresContainers } from "../support/runtime-rig.ts";

const REFUSED = "head: /disk: Operation not permitted\n";
const CONFINEMENTS: readonly {
  readonly how: string;
  readonly layout: (unified: Hierarchy) => CgroupLayout;
  readonly said: string;
  readonly warns: number;
}[] = [
  { how: "by the host's own hierarchies", layout: readLayout, said: REFUSED, warns: 0 },
  {
    how: "by a filter on the v2 hierarchy",
    layout: (unified) => ({ mode: "v2", unified, legacy: [] }),
    said: REFUSED,
    warns: 0,
  },
  {
    how: "by not even making one where there is no hierarchy",
    layout: () => ({ mode: "none", legacy: [] }),
    said: "mknod: /null: Operation not permitted\n",
    warns: 1,
  },
];

/** A layer that holds the block device /disk. */
async function layerWithDisk({ store }: RuntimeRig, numbers: string): Promise<Digest> {
  const [major = 0, minor = 0] = numbers.split(" ").map(Number);
  const disk = { path: "disk", type: "block", mode: 0o666, uid: 0, gid: 0, mtime: 0, major, minor } as const;
  return (await store.layers.write(-1, [disk])).diffId;
}

describe("runtime/transient", () => {
  let rig: RuntimeRig;
  let runner: TransientRunner;

  before(async function () {
    const tar = requiresContainers(this);
    rig = await openRuntimeRig(tar);
    runner = createTransientRunner(parts());
  });
  after(async () => {
    await runner?.[Symbol.asyncDispose]();
    await rig?.[Symbol.asyncDispose]();
  });

  const parts = () => ({
    ...rig,
    cgroups: createControlGroups(rig.kernel),
    trees: rig.store.trees,
    host: readHostFacts(false),
    seccomp: resolveBuiltin,
  });

  async function run(
    script: string,
    request: Partial<TransientRequest> = {},
    options: {
      readonly signal?: AbortSignal;
      readonly runner?: TransientRunner;
      readonly layers?: readonly Digest[];
    } = {},
  ) {
    const warnings: string[] = [];
    const { signal, layers = [] } = options;
    const key = `build-${newId().slice(0, 12)}`;
    const output = { stdout: "", stderr: "" };
    const rootfs = await rig.store.snapshots.prepare(key, [...rig.layers, ...layers]);
    try {
      const result = await (options.runner ?? runner).run(
        {
          id: key,
          onCgroup: () => {},
          rootfs,
          process: {
            args: ["/bin/sh", "-c", script],
            env: ["PATH=/bin:/usr/bin"],
            cwd: "/",
            user: { uid: 0, gid: 0, additionalGids: [0] },
          },
          network: "none",
          extraHosts: [],
          files: [],
          mounts: [],
          insecure: false,
          output: (stream, bytes) => {
            output[stream] += Buffer.from(bytes).toString();
          },
          warn: (warning) => warnings.push(warning),
          ...request,
        },
        signal === undefined ? {} : { signal },
      );
      const changes = [];
      for await (const change of rig.store.snapshots.changes(key)) changes.push(change.path);
      return { ...result, ...output, changes, warnings };
    } finally {
      await rig.store.snapshots.remove(key);
    }
  }

  it("runs a command and tells its output and status", async () => {
    const { status, stdout, stderr } = await run("echo out; echo err >&2; exit 7");
    assert.deepEqual([status, stdout, stderr], [{ code: 7 }, "out\n", "err\n"]);
    assert.deepEqual((await run("sh -c 'kill -9 $$'; exit $?")).status, { code: 137 });
  });

  it("carries large output whole", async () => {
    const { stdout } = await run("seq 1 200000");
    assert.equal(stdout.length, 1288895);
    assert.ok(stdout.endsWith("\n199999\n200000\n"));
  });

  it("gives the machine BuildKit's name and Docker's capabilities", async () => {
    const { stdout } = await run(
      "hostname; grep -E '^(CapEff|Seccomp):' /proc/self/status; id -u; pwd; env",
      {
        files: [],
      },
    );
    assert.equal(
      stdout,
      "buildkitsandbox\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n0\n/\nSHLVL=1\nPATH=/bin:/usr/bin\nPWD=/\n",
    );
  });

  it("has limits in a group of its own, which goes with it", async () => {
    const groups: string[] = [];
    const { stdout, status } = await run(
      "ulimit -n; df -k /dev/shm | tail -1 | awk '{print $2}'; cat /etc/resolv.conf; cat /proc/self/cgroup",
      {
        resources: {
          Memory: 64 * 1024 ** 2,
          CpuShares: 512,
          Ulimits: [{ Name: "nofile", Soft: 77, Hard: 99 }],
          ShmSize: 8 * 1024 ** 2,
          Dns: ["10.9.9.9"],
          DnsSearch: ["here"],
          CgroupParent: "/slipway/test-of-limits",
        },
        onCgroup: (path) => groups.push(path),
      },
    );
    assert.deepEqual(status, { code: 0 });
    assert.match(stdout, /^77\n8192\n/);
    assert.match(stdout, /nameserver 10\.9\.9\.9/);
    assert.match(stdout, /search here/);
    assert.match(stdout, /\/slipway\/test-of-limits\/build-/);
    assert.ok(groups.length > 0);
    assert.deepEqual(
      groups.filter((path) => existsSync(path)),
      [],
    );
  });

  it("shows files of this run only, and names the mount points it made", async () => {
    const files = [{ path: "/run/heredoc", content: "echo from heredoc; touch /kept", mode: 0o755 }];
    const { stdout, exclude, changes } = await run("/bin/sh /run/heredoc; cat /etc/hosts", {
      files,
      extraHosts: ["db:10.0.0.9"],
    });
    assert.match(stdout, /^from heredoc\n127\.0\.0\.1\tlocalhost\n[\s\S]*10\.0\.0\.9\tdb\n$/);
    const unexpected = changes.filter((path) => path !== "/kept" && !exclude.includes(path));
    assert.deepEqual(
      unexpected.filter((path) => !exclude.some((each) => each.startsWith(`${path}/`))),
      [],
    );
  });

  it("has only a loopback interface without a network", async () => {
    const { stdout } = await run(
      "cat /proc/net/dev | tail -n +3 | cut -d: -f1; ping -c1 -W1 127.0.0.1 >/dev/null && echo up",
    );
    assert.equal(stdout.trim().split(/\s+/).join(), "lo,up");
  });

  it("has an address on the bridge by default, the same for one step after the other", async () => {
    const script = "ip -4 -o addr show eth0; ip route | head -1";
    const first = await run(script, { network: "default" });
    assert.match(first.stdout, /inet 1\d+\.\d+\.\d+\.2\/\d+/);
    assert.match(first.stdout, /default via \S+\.1 dev eth0/);
    assert.equal(
      (await run(script, { network: "default" })).stdout.replace(/if\d+/, ""),
      first.stdout.replace(/if\d+/, ""),
    );
    const both = await Promise.all([
      run(script, { network: "default" }),
      run(script, { network: "default" }),
    ]);
    assert.notEqual(both[0]?.stdout, both[1]?.stdout);
    for (const { warnings } of both) assert.deepEqual(warnings, []);
  });

  for (const network of ["default", "none"] as const)
    it(`hands a network namespace from one step to the next, with the network ${network}`, async () => {
      await using own = createTransientRunner(parts());
      const namespace = "readlink /proc/self/ns/net";
      const get = async (request: Partial<TransientRequest> = {}): Promise<string> =>
        (await run(namespace, { network, ...request }, { runner: own })).stdout;
      const first = await get();
      assert.equal(await get(), first);
      assert.notEqual(await get({ insecure: true }), first, "one that may change it has its own");
      assert.equal(await get(), first);
    });

  it("gives steps that run at a time a network namespace each", async () => {
    await using own = createTransientRunner(parts());
    const namespace = "readlink /proc/self/ns/net";
    const controller = new AbortController();
    const said = deferred<string>();
    const output = (_stream: unknown, bytes: Uint8Array): void => said.resolve(Buffer.from(bytes).toString());
    const { signal } = controller;
    const lasting = run(`${namespace}; sleep 60`, { output }, { signal, runner: own });
    const one = await said.promise;
    const { stdout: other } = await run(namespace, {}, { runner: own });
    controller.abort();
    await assert.rejects(lasting);
    assert.notEqual(one, other);
  });

  it("hands on no namespace of a step that was aborted", async () => {
    await using own = createTransientRunner(parts());
    const packets = "grep lo: /proc/net/dev | awk '{print $3}'";
    const ping = "ping -c1 127.0.0.1 >/dev/null";
    await run(ping, {}, { runner: own });
    assert.notEqual((await run(`${packets}; ${ping}`, {}, { runner: own })).stdout, "0\n");
    const controller = new AbortController();
    const { signal } = controller;
    const output = (): void => controller.abort();
    await assert.rejects(run("echo; sleep 60", { output }, { signal, runner: own }));
    assert.equal((await run(packets, {}, { runner: own })).stdout, "0\n");
  });

  it("shares the host's network when asked", async () => {
    const { stdout } = await run("readlink /proc/self/ns/net", { network: "host" });
    assert.equal(stdout.trim(), readlinkSync("/proc/self/ns/net"));
  });

  it("is killed when it is aborted, with everything it started", async () => {
    const controller = new AbortController();
    const started = Date.now();
    const running = run("sleep 60 & sleep 60", {}, controller);
    await sleep(100);
    controller.abort();
    await assert.rejects(running);
    assert.ok(Date.now() - started < 5000);
  });

  for (const { how, layout, said, warns } of CONFINEMENTS) {
    it(`lets device nodes be made, and none but the default ones opened, ${how}`, async function () {
      const disk = requiresHostDisk(this);
      const { unified } = readLayout();
      if (unified === undefined) return this.skip();
      const cgroups = createControlGroups(rig.kernel, layout(unified));
      await using own = createTransientRunner({ ...parts(), cgroups });
      const { status, stderr, warnings } = await run(tryDevices(disk), {}, { runner: own });
      assert.deepEqual([status, stderr, warnings.length], [{ code: 1 }, said, warns]);
    });
  }

  it("opens no device that the root filesystem has where no control group confines them", async function () {
    const layers = [await layerWithDisk(rig, requiresHostDisk(this))];
    const cgroups = createControlGroups(rig.kernel, { mode: "none", legacy: [] });
    await using own = createTransientRunner({ ...parts(), cgroups });
    const { status, stderr } = await run("echo >/dev/null; head -c1 /disk", {}, { runner: own, layers });
    assert.deepEqual([status, stderr], [{ code: 1 }, "head: /disk: Permission denied\n"]);
  });

  it("rejects what cannot be run", async () => {
    const process = {
      args: ["/nosuch"] as const,
      env: [],
      cwd: "/",
      user: { uid: 0, gid: 0, additionalGids: [] },
    };
    await assert.rejects(run("", { process }), { code: "EXEC_NOT_FOUND" });
  });
});
