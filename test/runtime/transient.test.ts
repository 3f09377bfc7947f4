import assert from "node:assert/strict";
import { readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "../../core/ids.ts";
import { createControlGroups } from "../../runtime/cgroups/host-control-groups.ts";
import { resolveSeccomp } from "../../runtime/seccomp/resolve.ts";
import { readHostFacts } from "../../runtime/spec/host-facts.ts";
import {
  createTransientRunner,
  type TransientRequest,
  type TransientRunner,
} from "../../runtime/transient.ts";
import { requiresHostDisk, tryDevices } from "../support/devices.ts";
import { openRuntimeRig, type RuntimeRig, requiresContainers } from "../support/runtime-rig.ts";

describe("runtime/transient", () => {
  let rig: RuntimeRig;
  let runner: TransientRunner;
  const warnings: string[] = [];

  before(async function () {
    const tar = requiresContainers(this);
    rig = await openRuntimeRig(tar);
    runner = createTransientRunner({
      ...rig,
      cgroups: createControlGroups(),
      trees: rig.store.trees,
      host: readHostFacts(false),
      seccomp: resolveSeccomp,
    });
  });
  after(async () => {
    await runner?.[Symbol.asyncDispose]();
    await rig?.[Symbol.asyncDispose]();
  });

  async function run(script: string, request: Partial<TransientRequest> = {}, signal?: AbortSignal) {
    const key = `build-${newId().slice(0, 12)}`;
    const output = { stdout: "", stderr: "" };
    const rootfs = await rig.store.snapshots.prepare(key, rig.layers);
    try {
      const result = await runner.run(
        {
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
      return { ...result, ...output, changes };
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
    assert.deepEqual(warnings, []);
  });

  it("shares the host's network when asked", async () => {
    const { stdout } = await run("readlink /proc/self/ns/net", { network: "host" });
    assert.equal(stdout.trim(), readlinkSync("/proc/self/ns/net"));
  });

  it("is killed when it is aborted, with everything it started", async () => {
    const controller = new AbortController();
    const started = Date.now();
    const running = run("sleep 60 & sleep 60", {}, controller.signal);
    await sleep(100);
    controller.abort();
    await assert.rejects(running);
    assert.ok(Date.now() - started < 5000);
  });

  it("makes device nodes, and opens those that every container has but no other", async function () {
    const { status, stderr } = await run(tryDevices(requiresHostDisk(this)));
    assert.deepEqual([status, stderr], [{ code: 1 }, "head: /disk: Operation not permitted\n"]);
    assert.deepEqual(warnings, []);
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
