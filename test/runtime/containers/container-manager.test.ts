import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../support/eventually.ts";
import { describeContainers, MEBIBYTE, NOTHING, type Wanted } from "./support.ts";

describeContainers("runtime/containers", (here) => {
  const { create, start, status, logs, said, run, leftovers } = here;

  describe("from start to end", () => {
    it("runs a process with an output and a status, and is gone when removed", async () => {
      const { id, output, exitCode } = await run("echo out; echo err >&2; exit 3");
      assert.deepEqual([exitCode, output.split("\n").toSorted()], [3, ["", "err", "out"]]);
      const { state, path, args } = await here.containers.get(id);
      assert.deepEqual([state.status, state.exitCode, state.pid, state.oomKilled], ["exited", 3, 0, false]);
      assert.ok(
        state.startedAt !== undefined && state.finishedAt !== undefined && state.startedAt < state.finishedAt,
      );
      assert.deepEqual([path, args[0]], ["/bin/sh", "-c"]);
      assert.deepEqual(await here.containers.wait(id), { exitCode: 3 });
      await here.containers.remove(id);
      assert.deepEqual(leftovers(), NOTHING);
      await assert.rejects(here.containers.get(id), { message: `No such container: ${id}` });
    });

    it("keeps what it wrote from one start to the next", async () => {
      const id = await start("echo x >> /kept; wc -l < /kept");
      await here.containers.wait(id);
      await here.containers.start(id);
      await here.containers.wait(id);
      assert.equal(await logs(id), "1\n2\n");
    });

    const remains = [
      { what: "took it away", exited: true, state: { phase: "exited", exitCode: 0, finishedAt: "" } },
      { what: "made it", exited: false, state: { phase: "created", making: "000000000000-1-1" } },
    ] as const;
    for (const { what, exited, state } of remains)
      it(`goes with the next look when who ${what} was killed`, async () => {
        const id = await create("true", { host: { AutoRemove: exited, Binds: ["/data"] } });
        here.rig.store.database
          .prepare("UPDATE containers SET state = ? WHERE id = ?")
          .run(JSON.stringify(state), id);
        assert.deepEqual(await here.containers.list(), []);
        assert.deepEqual(
          [existsSync(here.rig.store.paths.container(id)), here.rig.volumes.list()],
          [false, []],
        );
      });

    it("tells with what it ended although others ran it and took it away", async () => {
      const id = await create("exit 4", { host: { AutoRemove: true } });
      const others = here.rig.openContainers();
      const told = (["removed", "next-exit"] as const).map((condition) =>
        here.containers.wait(id, condition),
      );
      await others.start(id);
      await eventually(async () => (await others.list()).length === 0);
      assert.deepEqual(await Promise.all(told), [{ exitCode: 4 }, { exitCode: 4 }]);
    });

    it("takes itself away with AutoRemove, whoever looks", async () => {
      const id = await create("exit 4", { host: { AutoRemove: true, Binds: ["/data"] } });
      const removed = here.containers.wait(id, "removed");
      await here.containers.start(id);
      // Nothing watches it but the other managers' listings.
      await eventually(async () => (await here.rig.openContainers().list()).length === 0);
      assert.deepEqual(await removed, { exitCode: 4 });
      assert.deepEqual([leftovers(), here.rig.volumes.list()], [NOTHING, []]);
    });

    for (const [title, args, code, exitCode] of [
      ["a program that does not exist", ["/nosuch"], "EXEC_NOT_FOUND", 127],
      ["a program not on the path", ["nosuch"], "EXEC_NOT_FOUND", 127],
      ["a directory", ["/etc"], "EXEC_DENIED", 126],
    ] as const) {
      it(`says why ${title} cannot start, and leaves nothing running`, async () => {
        const id = await create("", { config: { Cmd: args }, host: { NetworkMode: "bridge" } });
        await assert.rejects(here.containers.start(id), { code });
        const { state } = await here.containers.get(id);
        assert.deepEqual([state.status, state.exitCode], ["created", exitCode]);
        assert.notEqual(state.error, "");
        assert.deepEqual({ ...leftovers(), snapshots: 0, directories: [] }, NOTHING);
      });
    }

    it("refuses an unknown user before anything runs", async () => {
      const id = await create("true", { config: { User: "nosuch" } });
      await assert.rejects(here.containers.start(id), {
        message: "unable to find user nosuch: no matching entries in passwd file",
      });
    });
  });

  describe("names", () => {
    it("are unique, and free again after a removal", async () => {
      const id = await create("true", { name: "web" });
      await assert.rejects(create("true", { name: "web" }), {
        message: `Conflict. The container name "/web" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
      });
      await here.containers.rename("web", "other");
      await create("true", { name: "web" });
      await assert.rejects(here.containers.rename("web", "other"), { code: "CONTAINER_NAME_TAKEN" });
      await assert.rejects(here.containers.rename("web", "-x"), {
        message: "Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
      });
    });
    it("resolve by name, id and unique prefix", async () => {
      const id = await create("true", { name: "byname" });
      for (const reference of [id, "byname", "/byname", id.slice(0, 12), id.slice(0, 40)])
        assert.equal((await here.containers.get(reference)).id, id);
      await assert.rejects(here.containers.get("nosuch"), { message: "No such container: nosuch" });
    });
  });

  describe("while it runs", () => {
    it("stops by its signal, or is killed when it does not listen", async () => {
      const polite = await start("trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done");
      await said(polite, "ready\n");
      await here.containers.stop(polite);
      assert.equal((await here.containers.get(polite)).state.exitCode, 5);
      const deaf = await start("trap '' TERM; echo ready; while :; do sleep 0.05; done");
      await said(deaf, "ready\n");
      const began = Date.now();
      await here.containers.stop(deaf, { timeoutMs: 300 });
      assert.ok(Date.now() - began >= 300);
      assert.equal((await here.containers.get(deaf)).state.exitCode, 137);
      await here.containers.stop(deaf);
    });
    it("is killed by the signal given", async () => {
      const id = await start("trap 'echo usr; exit 9' USR1; echo ready; while :; do sleep 0.05; done");
      await said(id, "ready\n");
      await here.containers.kill(id, "USR1");
      assert.deepEqual(await here.containers.wait(id), { exitCode: 9 });
      await assert.rejects(here.containers.kill(id, "KILL"), { message: `container ${id} is not running` });
      await assert.rejects(here.containers.kill(id, "FOO"), { message: "invalid signal: FOO" });
    });
    it("restarts", async () => {
      const id = await start("echo run; exec sleep 60");
      const { pid } = (await here.containers.get(id)).state;
      await said(id, "run\n");
      await here.containers.restart(id, { timeoutMs: 0 });
      assert.notEqual((await here.containers.get(id)).state.pid, pid);
      await said(id, "run\nrun\n");
    });
    it("pauses and goes on", async () => {
      const id = await start("sleep 60");
      await here.containers.pause(id);
      assert.equal(await status(id), "paused");
      await assert.rejects(here.containers.pause(id), { message: `Container ${id} is already paused` });
      await assert.rejects(here.containers.exec(id, { Cmd: ["true"] }), {
        message: `Container ${id} is paused, unpause the container before exec`,
      });
      await here.containers.unpause(id);
      assert.equal(await status(id), "running");
      await assert.rejects(here.containers.unpause(id), { message: `Container ${id} is not paused` });
      await here.containers.pause(id);
      await here.containers.kill(id, "KILL");
      assert.equal(await status(id), "exited");
    });
    it("is not removed unless forced", async () => {
      const id = await start("sleep 60", { name: "busy" });
      await assert.rejects(here.containers.remove("busy"), {
        message:
          'cannot remove container "busy": container is running: stop the container before removing or force remove',
      });
      await here.containers.remove(id, { force: true });
      assert.deepEqual(leftovers(), NOTHING);
    });
    it("lists its processes", async () => {
      const id = await start("sleep 61 & exec sleep 60");
      const commands = async () => (await here.containers.top(id, [])).processes.map((row) => row.at(-1));
      while (!(await commands()).every((command) => command?.startsWith("sleep"))) await sleep(20);
      const { titles, processes } = await here.containers.top(id, []);
      assert.equal(titles.at(-1), "CMD");
      assert.deepEqual(
        processes.map((row) => row.at(-1) ?? "").toSorted((a, b) => a.localeCompare(b)),
        ["sleep 60", "sleep 61"],
      );
      assert.deepEqual((await here.containers.top(id, ["-o", "pid,comm"])).titles, ["PID", "COMMAND"]);
      assert.ok(((await here.containers.sample(id))?.pids.current ?? 0) >= 2);
    });
    it("is seen alike by another process", async () => {
      const id = await start("exec sleep 60");
      const other = here.rig.openContainers();
      const waiting = other.wait(id);
      assert.equal((await other.get(id)).state.status, "running");
      await here.containers.kill(id, "KILL");
      assert.deepEqual(await waiting, { exitCode: 137 });
    });
  });

  describe("after a crash", () => {
    /** The parent of the container's first process. */
    const shimOf = async (id: string) => {
      const { pid } = (await here.containers.get(id)).state;
      return Number(/^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    };
    it("a container whose shim was killed has ended with 137, and starts again", async () => {
      const id = await start("exec sleep 60", { host: { NetworkMode: "bridge" } });
      process.kill(await shimOf(id), "SIGKILL");
      assert.deepEqual(await here.containers.wait(id), { exitCode: 137 });
      assert.equal(await status(id), "exited");
      assert.deepEqual(leftovers().endpoints, { n: 0 });
      await here.containers.start(id);
      assert.equal(await status(id), "running");
    });
    it("a container of an earlier boot has ended with 255", async () => {
      const id = await start("exec sleep 60");
      await here.containers.kill(id, "KILL");
      const state = {
        phase: "running",
        pid: 1,
        process: "000000000000-1-1",
        startedAt: new Date().toISOString(),
        endpoints: [],
        cgroup: `/slipway/${id}`,
      };
      here.rig.store.database
        .prepare("UPDATE containers SET state = ? WHERE id = ?")
        .run(JSON.stringify(state), id);
      const exit = `${here.rig.store.paths.container(id)}/exit`;
      if (existsSync(exit)) rmSync(exit);
      assert.equal((await here.containers.get(id)).state.exitCode, 255);
    });
  });

  for (const [message, wanted] of [
    ["no command specified", { config: { Cmd: null } }],
    [
      "the working directory 'rel' is invalid, it needs to be an absolute path",
      { config: { WorkingDir: "rel" } },
    ],
    ["invalid signal: FOO", { config: { StopSignal: "FOO" } }],
    ["Minimum memory limit allowed is 6MB", { host: { Memory: MEBIBYTE } }],
    [
      "You should always set the Memory limit when using Memoryswap limit, see usage",
      { host: { MemorySwap: 10 * MEBIBYTE } },
    ],
    ["CPU cfs quota can not be less than 1ms (i.e. 1000)", { host: { CpuQuota: 5 } }],
    ['invalid CapAdd: unknown capability: "CAP_FOO"', { host: { CapAdd: ["foo"] } }],
    ["Invalid value 2-x for cpuset mems: invalid format: 2-x", { host: { CpusetMems: "2-x" } }],
    [
      `Requested CPUs are not available - requested 0,1-9999, available: ${readFileSync("/sys/devices/system/cpu/online", "utf8").trim()}`,
      { host: { CpusetCpus: "0,1-9999" } },
    ],
    ["invalid ulimit type: foo", { host: { Ulimits: [{ Name: "foo", Soft: 1, Hard: 1 }] } }],
    ["sysctl 'foo=1' is not allowed", { host: { Sysctls: { foo: "1" } } }],
    [
      'sysctl "net.ipv4.ip_forward" not allowed in host network namespace',
      { host: { NetworkMode: "host", Sysctls: { "net.ipv4.ip_forward": "1" } } },
    ],
    [
      "invalid restart policy: maximum retry count can only be used with 'on-failure' and cannot be negative",
      { host: { RestartPolicy: { Name: "always", MaximumRetryCount: 1 } } },
    ],
    [
      'error looking up logging plugin foo: plugin "foo" not found',
      { host: { LogConfig: { Type: "foo", Config: {} } } },
    ],
    [
      "unknown log opt 'foo' for json-file log driver",
      { host: { LogConfig: { Type: "json-file", Config: { foo: "1" } } } },
    ],
    ["Duplicate mount point: /b", { host: { Binds: ["/a:/b", "/c:/b"] } }],
    [
      'create x/y: "x/y" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
      { host: { Binds: ["x/y:/b"] } },
    ],
  ] as const) {
    it(`refuses: ${message.slice(0, 80)}`, async () => {
      await assert.rejects(create("true", wanted as Wanted), { message });
      assert.deepEqual(leftovers(), NOTHING);
    });
  }
});
