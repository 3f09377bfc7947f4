import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import type { ExecRequest } from "../../../runtime/launch/launcher.ts";
import { resolveBuiltin } from "../../../runtime/seccomp/resolve.ts";
import type { OciProcess } from "../../../runtime/spec/oci.ts";
import { Shimmed } from "./shim-support.ts";
import { Bench, type Ended, processOf, specOf } from "./support.ts";

const shell = (script: string, changes: Partial<OciProcess> = {}): OciProcess =>
  processOf(["sh", "-c", script], changes);

describe("a process beside a container's", () => {
  let bench: Bench;
  let container: Shimmed;
  before(async function () {
    bench = Bench.open(this);
    container = await (
      await Shimmed.launch(bench, specOf(shell("echo kept >/tmp/file; exec sleep 1000")))
    ).go();
  });
  after(async () => {
    await container?.[Symbol.asyncDispose]();
    bench?.[Symbol.dispose]();
  });

  const exec = (process: OciProcess, changes: Partial<ExecRequest> = {}): Promise<Ended> =>
    bench.collect((io) =>
      bench.launcher.exec({ pid: container.pid, process, cgroupProcs: [], io, ...changes }),
    );

  it("shares its namespaces and files", async () => {
    const { stdout, status } = await exec(shell("hostname; cat /tmp/file; cat /proc/1/cmdline; exit 5"));
    assert.deepEqual([stdout, status], ["box\nkept\nsleep\0" + "1000\0", { code: 5 }]);
  });

  it("has a user, directory, environment and privileges of its own", async () => {
    const changes = {
      user: { uid: 3, gid: 4 },
      cwd: "/tmp",
      env: ["PATH=/bin", "A=b"],
      noNewPrivileges: true,
    };
    const { stdout } = await exec(
      shell("id -u; id -g; pwd; echo $A; grep NoNewPrivs /proc/self/status", changes),
    );
    assert.equal(stdout, "3\n4\n/tmp\nb\nNoNewPrivs:\t1\n");
  });

  it("runs under the filter it is given", async () => {
    const { stdout } = await exec(shell("grep Seccomp: /proc/self/status"), {
      seccomp: resolveBuiltin([]),
    });
    assert.equal(stdout, "Seccomp:\t2\n");
  });

  it("fails as docker words it", async () => {
    await assert.rejects(exec(processOf(["nope"])), {
      message: 'exec: "nope": executable file not found in $PATH',
    });
    await assert.rejects(exec(shell("true", { cwd: "/nope" })), {
      code: "LAUNCH_FAILED",
      message: 'chdir to cwd ("/nope"): no such file or directory',
    });
  });

  it("fails when the container is gone", async () => {
    const { launched } = await bench.run(specOf(shell("true")));
    await assert.rejects(exec(shell("true"), { pid: launched.pid }), {
      code: "LAUNCH_FAILED",
      message: "entering namespaces: no such process",
    });
  });

  it("can have a shim and a terminal of its own", async () => {
    const directory = bench.scratch.join("exec");
    mkdirSync(directory);
    const launched = await bench.launcher.exec({
      pid: container.pid,
      process: shell("tty; stty size; exit 8", { terminal: true }),
      cgroupProcs: [],
      io: {
        kind: "shim",
        socket: `${directory}/sock`,
        exitFile: `${directory}/exit`,
        log: { path: `${directory}/log` },
        terminal: { columns: 90, rows: 20 },
        openStdin: true,
        stdinOnce: true,
      },
    });
    const { connectShim } = await import("../../../runtime/launch/shim.ts");
    await using client = await connectShim(`${directory}/sock`);
    const attachment = await client.attach({ stdin: false, stdout: true, stderr: true });
    await launched.go();
    const chunks: Uint8Array[] = [];
    for await (const { data } of attachment.output) chunks.push(data);
    assert.equal(Buffer.concat(chunks).toString(), "/dev/pts/0\r\n20 90\r\n");
    assert.equal((await attachment.exit)?.code, 8);
  });

  it("joins the control groups it is given", async function () {
    const root = "/sys/fs/cgroup/pids";
    if (!existsSync(root)) this.skip();
    const group = `${root}/slipway-test-join`;
    mkdirSync(group, { recursive: true });
    try {
      const { stdout } = await exec(shell("cat /proc/self/cgroup"), {
        cgroupProcs: [`${group}/cgroup.procs`],
      });
      assert.match(stdout, /:pids:\/slipway-test-join\n/);
    } finally {
      rmdirSync(group);
    }
  });
});
