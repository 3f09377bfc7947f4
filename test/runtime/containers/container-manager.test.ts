import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { digestOf } from "../../../core/digest.ts";
import type { HostConfig, ProcessConfig } from "../../../runtime/container-config.ts";
import type { Attachment } from "../../../runtime/containers/attachment.ts";
import type { ContainerManager } from "../../../runtime/containers/container-manager.ts";
import type { ExecRequest } from "../../../runtime/containers/execs.ts";
import type { LogQuery } from "../../../runtime/logs/log-reader.ts";
import { DEFAULT_HOST_CONFIG, DEFAULT_PROCESS_CONFIG } from "../../../runtime/spec/defaults.ts";
import { openRuntimeRig, type RuntimeRig, requiresContainers } from "../../support/runtime-rig.ts";

const ALL: LogQuery = { stdout: true, stderr: true, follow: false };
const MEBIBYTE = 1024 * 1024;

describe("runtime/containers", () => {
  let rig: RuntimeRig;
  let containers: ContainerManager;
  let count = 0;

  before(async function () {
    const tar = requiresContainers(this);
    rig = await openRuntimeRig(tar);
    containers = rig.openContainers();
  });
  afterEach(async () => {
    if (rig === undefined) return;
    for (const { id } of await containers.list()) await containers.remove(id, { force: true, volumes: true });
  });
  after(async () => {
    await rig?.[Symbol.asyncDispose]();
  });

  interface Wanted {
    readonly name?: string;
    readonly config?: Partial<ProcessConfig>;
    readonly host?: Partial<HostConfig>;
  }
  function create(script: string, { name, config, host }: Wanted = {}): Promise<string> {
    return containers.create({
      name: name ?? `test_${++count}`,
      imageId: digestOf("busybox"),
      layers: rig.layers,
      config: {
        ...DEFAULT_PROCESS_CONFIG,
        Image: "busybox",
        Cmd: ["/bin/sh", "-c", script],
        ...config,
      },
      hostConfig: { ...DEFAULT_HOST_CONFIG, NetworkMode: "none", ...host },
    });
  }
  async function start(script: string, wanted: Wanted = {}): Promise<string> {
    const id = await create(script, wanted);
    await containers.start(id);
    return id;
  }
  const status = async (id: string) => (await containers.get(id)).state.status;
  const text = async (output: AsyncIterable<{ readonly data: Uint8Array }>) => {
    let all = "";
    for await (const { data } of output) all += Buffer.from(data).toString();
    return all;
  };
  const logs = async (id: string, query: Partial<LogQuery> = {}) => {
    let all = "";
    for await (const { line } of containers.logs(id, { ...ALL, ...query }))
      all += Buffer.from(line).toString();
    return all;
  };
  /** Runs to the end and returns what was said. */
  async function run(script: string, wanted: Wanted = {}) {
    const id = await create(script, wanted);
    await using attachment = await containers.attach(id, { stdin: false });
    const ended = containers.wait(id, "next-exit");
    await containers.start(id);
    const output = await text(attachment.output);
    return { id, output, ...(await ended) };
  }
  async function exec(id: string, request: ExecRequest) {
    await using session = await containers.exec(id, request);
    const output = await text(session.output);
    return { output, exitCode: await session.wait() };
  }
  /** What a container may leave outside of its directory. */
  const leftovers = () => ({
    snapshots: rig.store.snapshots.list().length,
    endpoints: rig.store.database.prepare("SELECT count(*) AS n FROM endpoints").get(),
    directories: readdirSync(rig.store.paths.containers),
    cgroups: existsSync("/sys/fs/cgroup/pids/slipway")
      ? readdirSync("/sys/fs/cgroup/pids/slipway").filter(
          (name) => name.length === 64 && containers.hasName(name),
        )
      : [],
  });
  const nothing = { snapshots: 0, endpoints: { n: 0 }, directories: [], cgroups: [] };

  describe("from start to end", () => {
    it("runs a process with an output and a status, and is gone when removed", async () => {
      const { id, output, exitCode } = await run("echo out; echo err >&2; exit 3");
      assert.deepEqual([exitCode, output.split("\n").toSorted()], [3, ["", "err", "out"]]);
      const { state, path, args } = await containers.get(id);
      assert.deepEqual([state.status, state.exitCode, state.pid, state.oomKilled], ["exited", 3, 0, false]);
      assert.ok(
        state.startedAt !== undefined && state.finishedAt !== undefined && state.startedAt < state.finishedAt,
      );
      assert.deepEqual([path, args[0]], ["/bin/sh", "-c"]);
      assert.deepEqual(await containers.wait(id), { exitCode: 3 });
      await containers.remove(id);
      assert.deepEqual(leftovers(), nothing);
      await assert.rejects(containers.get(id), { message: `No such container: ${id}` });
    });

    it("keeps what it wrote from one start to the next", async () => {
      const id = await start("echo x >> /kept; wc -l < /kept");
      await containers.wait(id);
      await containers.start(id);
      await containers.wait(id);
      assert.equal(await logs(id), "1\n2\n");
    });

    const remains = [
      { what: "took it away", exited: true, state: { phase: "exited", exitCode: 0, finishedAt: "" } },
      { what: "made it", exited: false, state: { phase: "created", making: "000000000000-1-1" } },
    ] as const;
    for (const { what, exited, state } of remains)
      it(`goes with the next look when who ${what} was killed`, async () => {
        const id = await create("true", { host: { AutoRemove: exited, Binds: ["/data"] } });
        rig.store.database
          .prepare("UPDATE containers SET state = ? WHERE id = ?")
          .run(JSON.stringify(state), id);
        assert.deepEqual(await containers.list(), []);
        assert.deepEqual([existsSync(rig.store.paths.container(id)), rig.volumes.list()], [false, []]);
      });

    it("takes itself away with AutoRemove, whoever looks", async () => {
      const id = await create("exit 4", { host: { AutoRemove: true, Binds: ["/data"] } });
      const removed = containers.wait(id, "removed");
      await containers.start(id);
      // Nothing watches it but the other manager's listing.
      await sleep(200);
      await rig.openContainers().list();
      assert.deepEqual(await removed, { exitCode: 4 });
      assert.deepEqual([leftovers(), rig.volumes.list()], [nothing, []]);
    });

    for (const [title, args, code, exitCode] of [
      ["a program that does not exist", ["/nosuch"], "EXEC_NOT_FOUND", 127],
      ["a program not on the path", ["nosuch"], "EXEC_NOT_FOUND", 127],
      ["a directory", ["/etc"], "EXEC_DENIED", 126],
    ] as const) {
      it(`says why ${title} cannot start, and leaves nothing running`, async () => {
        const id = await create("", { config: { Cmd: args }, host: { NetworkMode: "bridge" } });
        await assert.rejects(containers.start(id), { code });
        const { state } = await containers.get(id);
        assert.deepEqual([state.status, state.exitCode], ["created", exitCode]);
        assert.notEqual(state.error, "");
        assert.deepEqual({ ...leftovers(), snapshots: 0, directories: [] }, nothing);
      });
    }

    it("refuses an unknown user before anything runs", async () => {
      const id = await create("true", { config: { User: "nosuch" } });
      await assert.rejects(containers.start(id), {
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
      await containers.rename("web", "other");
      await create("true", { name: "web" });
      await assert.rejects(containers.rename("web", "other"), { code: "CONTAINER_NAME_TAKEN" });
      await assert.rejects(containers.rename("web", "-x"), {
        message: "Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
      });
    });
    it("resolve by name, id and unique prefix", async () => {
      const id = await create("true", { name: "byname" });
      for (const reference of [id, "byname", "/byname", id.slice(0, 12), id.slice(0, 40)])
        assert.equal((await containers.get(reference)).id, id);
      await assert.rejects(containers.get("nosuch"), { message: "No such container: nosuch" });
    });
  });

  describe("while it runs", () => {
    it("stops by its signal, or is killed when it does not listen", async () => {
      const polite = await start("trap 'exit 5' TERM; while :; do sleep 0.05; done");
      await sleep(50);
      await containers.stop(polite);
      assert.equal((await containers.get(polite)).state.exitCode, 5);
      const deaf = await start("trap '' TERM; while :; do sleep 0.05; done");
      await sleep(50);
      const began = Date.now();
      await containers.stop(deaf, { timeoutMs: 300 });
      assert.ok(Date.now() - began >= 300);
      assert.equal((await containers.get(deaf)).state.exitCode, 137);
      await containers.stop(deaf);
    });
    it("is killed by the signal given", async () => {
      const id = await start("trap 'echo usr; exit 9' USR1; while :; do sleep 0.05; done");
      await sleep(50);
      await containers.kill(id, "USR1");
      assert.deepEqual(await containers.wait(id), { exitCode: 9 });
      await assert.rejects(containers.kill(id, "KILL"), { message: `container ${id} is not running` });
      await assert.rejects(containers.kill(id, "FOO"), { message: "invalid signal: FOO" });
    });
    it("restarts", async () => {
      const id = await start("echo run; exec sleep 60");
      const { pid } = (await containers.get(id)).state;
      await containers.restart(id, { timeoutMs: 0 });
      assert.notEqual((await containers.get(id)).state.pid, pid);
      await sleep(50);
      assert.equal(await logs(id), "run\nrun\n");
    });
    it("pauses and goes on", async () => {
      const id = await start("sleep 60");
      await containers.pause(id);
      assert.equal(await status(id), "paused");
      await assert.rejects(containers.pause(id), { message: `Container ${id} is already paused` });
      await assert.rejects(containers.exec(id, { Cmd: ["true"] }), {
        message: `Container ${id} is paused, unpause the container before exec`,
      });
      await containers.unpause(id);
      assert.equal(await status(id), "running");
      await assert.rejects(containers.unpause(id), { message: `Container ${id} is not paused` });
      await containers.pause(id);
      await containers.kill(id, "KILL");
      assert.equal(await status(id), "exited");
    });
    it("is not removed unless forced", async () => {
      const id = await start("sleep 60", { name: "busy" });
      await assert.rejects(containers.remove("busy"), {
        message:
          'cannot remove container "busy": container is running: stop the container before removing or force remove',
      });
      await containers.remove(id, { force: true });
      assert.deepEqual(leftovers(), nothing);
    });
    it("lists its processes", async () => {
      const id = await start("sleep 61 & exec sleep 60");
      await sleep(50);
      const { titles, processes } = await containers.top(id, []);
      assert.equal(titles.at(-1), "CMD");
      assert.deepEqual(
        processes.map((row) => row.at(-1) ?? "").toSorted((a, b) => a.localeCompare(b)),
        ["sleep 60", "sleep 61"],
      );
      assert.deepEqual((await containers.top(id, ["-o", "pid,comm"])).titles, ["PID", "COMMAND"]);
      assert.ok(((await containers.sample(id))?.pids.current ?? 0) >= 2);
    });
    it("is seen alike by another process", async () => {
      const id = await start("exec sleep 60");
      const other = rig.openContainers();
      const waiting = other.wait(id);
      assert.equal((await other.get(id)).state.status, "running");
      await containers.kill(id, "KILL");
      assert.deepEqual(await waiting, { exitCode: 137 });
    });
  });

  describe("streams", () => {
    it("feeds an attached process and follows its end of input", async () => {
      const id = await create("cat; echo done", {
        config: { OpenStdin: true, StdinOnce: true, AttachStdin: true },
      });
      await using attachment = await containers.attach(id, { stdin: true });
      await containers.start(id);
      await attachment.write(Buffer.from("hello\n"));
      await attachment.closeInput();
      assert.equal(await text(attachment.output), "hello\ndone\n");
    });
    it("gives a terminal of the size asked for", async () => {
      const id = await create("stty size; tty", { config: { Tty: true, OpenStdin: true } });
      await using attachment = await containers.attach(id, { stdin: true });
      await attachment.resize(132, 43);
      await containers.start(id);
      assert.equal(await text(attachment.output), "43 132\r\n/dev/pts/0\r\n");
    });
    it("ends an attachment whose container cannot start", async () => {
      const id = await create("", { config: { Cmd: ["/nosuch"] } });
      await using attachment: Attachment = await containers.attach(id, { stdin: false });
      await assert.rejects(containers.start(id));
      assert.equal(await text(attachment.output), "");
    });
    it("logs both streams, the tail, and what comes later", async () => {
      const id = await start(
        "echo e >&2; sleep 0.1; echo 1; echo 2; while ! [ -e /go ]; do sleep 0.02; done; echo late",
      );
      while (!(await logs(id)).includes("2")) await sleep(20);
      const following = containers.logs(id, { ...ALL, follow: true, tail: 1, stderr: false });
      assert.equal(Buffer.from((await following.next()).value?.line ?? []).toString(), "2\n");
      await exec(id, { Cmd: ["touch", "/go"] });
      assert.equal(Buffer.from((await following.next()).value?.line ?? []).toString(), "late\n");
      assert.equal((await following.next()).done, true);
      assert.equal(await logs(id, { stdout: false }), "e\n");
    });
    it("keeps no log when told so", async () => {
      const id = await start("echo x", { host: { LogConfig: { Type: "none", Config: {} } } });
      await containers.wait(id);
      await assert.rejects(logs(id), { message: "configured logging driver does not support reading" });
    });
  });

  describe("exec", () => {
    it("runs a process beside the first, as another user, elsewhere", async () => {
      const id = await start("exec sleep 60", { config: { Env: ["A=1", "B=2"], WorkingDir: "/tmp" } });
      assert.deepEqual(
        await exec(id, { Cmd: ["sh", "-c", "echo $A $B $C; pwd; id -u; exit 6"], Env: ["B=x", "C=3"] }),
        {
          output: "1 x 3\n/tmp\n0\n",
          exitCode: 6,
        },
      );
      const user = await exec(id, {
        Cmd: ["sh", "-c", "id -u; id -g; pwd; grep CapEff /proc/self/status"],
        User: "65534:7",
        WorkingDir: "/etc",
      });
      assert.equal(user.output, "65534\n7\n/etc\nCapEff:\t0000000000000000\n");
    });
    it("gives a privileged process all capabilities, and the container's system call filter", async () => {
      const id = await start("exec sleep 60");
      const status = async (Privileged: boolean) => {
        const Cmd = ["sh", "-c", "grep -E 'CapEff|Seccomp:' /proc/self/status"];
        return (await exec(id, { Cmd, Privileged })).output.split(/\s+/);
      };
      const [, plain, , filter] = await status(false);
      const [, all = "", , same] = await status(true);
      assert.deepEqual([plain, filter, same], ["00000000a80425fb", "2", "2"]);
      const bounding = /^CapBnd:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
      assert.equal(all, bounding);
    });
    it("carries input and terminals", async () => {
      const id = await start("exec sleep 60");
      await using session = await containers.exec(id, { Cmd: ["cat"], AttachStdin: true });
      await session.write(Buffer.from("in"));
      await session.closeInput();
      assert.equal(await text(session.output), "in");
      const tty = await exec(id, {
        Cmd: ["sh", "-c", "stty size; echo $TERM"],
        Tty: true,
        consoleSize: { columns: 70, rows: 20 },
      });
      assert.equal(tty.output, "20 70\r\nxterm\r\n");
    });
    it("goes on without us when detached", async () => {
      const id = await start("while ! [ -e /flag ]; do sleep 0.02; done; echo seen");
      const session = await containers.exec(id, { Cmd: ["touch", "/flag"], Detach: true });
      await session[Symbol.asyncDispose]();
      assert.deepEqual(await containers.wait(id), { exitCode: 0 });
    });
    it("are known by their ids while they run, to whoever opens the state root", async () => {
      const id = await start("exec sleep 60");
      const exec = "0123456789abcdef".repeat(4);
      await using ended = await containers.exec(id, { id: exec, Cmd: ["cat"], AttachStdin: true });
      await using other = await containers.exec(id, { Cmd: ["sleep", "60"], Detach: true });
      assert.deepEqual([...(await rig.openContainers().execs(id))].sort(), [exec, other.id].sort());
      await ended.closeInput();
      await ended.wait();
      assert.deepEqual(await containers.execs(id), [other.id]);
      await containers.kill(id, "KILL");
      await containers.wait(id);
      assert.deepEqual(await containers.execs(id), []);
    });
    it("says what it cannot run, and where", async () => {
      const id = await start("exec sleep 60");
      await assert.rejects(containers.exec(id, { Cmd: ["nosuch"] }), { code: "EXEC_NOT_FOUND" });
      await assert.rejects(containers.exec(id, { Cmd: ["true"], User: "nosuch" }), { code: "USER_UNKNOWN" });
      await containers.kill(id, "KILL");
      await assert.rejects(containers.exec(id, { Cmd: ["true"] }), {
        message: `container ${id} is not running`,
      });
      assert.deepEqual(
        readdirSync(rig.store.paths.container(id)).filter((name) => name.startsWith("exec-")),
        [],
      );
    });
  });

  describe("limits", () => {
    it("kills for memory and says so", async () => {
      const { id, exitCode } = await run("head -c 64m /dev/zero | tail", {
        host: { Memory: 16 * MEBIBYTE, MemorySwap: 16 * MEBIBYTE },
      });
      assert.ok([137, 1].includes(exitCode), String(exitCode));
      assert.equal((await containers.get(id)).state.oomKilled, true);
    });
    it("limits processes", async () => {
      const { output } = await run("for i in 1 2 3 4 5 6 7 8; do sleep 1 & done 2>&1; echo", {
        host: { PidsLimit: 4 },
      });
      assert.match(output, /can't fork/);
    });
    it("shows the container its own groups", async () => {
      const { output } = await run(
        "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null",
        { host: { Memory: 32 * MEBIBYTE } },
      );
      assert.equal(output, `${32 * MEBIBYTE}\n`);
    });
    it("keeps devices away that are not the container's", async () => {
      const { output } = await run(
        "mknod /tmp/kmsg c 1 11; head -c1 /tmp/kmsg 2>&1; head -c3 /dev/zero | wc -c",
      );
      assert.match(output, /Operation not permitted\n3\n$/);
    });
  });

  describe("isolation", () => {
    const CAPS = "grep -E '^Cap(Eff|Bnd)' /proc/self/status | cut -f2";
    it("gives Docker's capabilities, more or fewer when asked", async () => {
      const capabilities = async (host: Partial<HostConfig>) =>
        (await run(CAPS, { host })).output.trim().split("\n")[0];
      assert.equal(await capabilities({}), "00000000a80425fb");
      assert.equal(await capabilities({ CapAdd: ["NET_ADMIN"] }), "00000000a80435fb");
      assert.equal(await capabilities({ CapDrop: ["ALL"], CapAdd: ["chown"] }), "0000000000000001");
    });
    it("gives a privileged container the devices and a writable /sys", async () => {
      const { output } = await run(
        "ls /dev/kmsg; grep -q ' /sys .*[ ,]rw' /proc/mounts && echo writable; grep Seccomp: /proc/self/status",
        {
          host: { Privileged: true },
        },
      );
      assert.equal(output, "/dev/kmsg\nwritable\nSeccomp:\t0\n");
    });
    it("has the file by which programs know containers", async () => {
      const { output } = await run("stat -c '%F' /.dockerenv; rm /.dockerenv && echo gone");
      assert.equal(output, "regular empty file\ngone\n");
    });
    it("hides and protects parts of /proc", async () => {
      const { output } = await run(
        "(echo 1 > /proc/sys/vm/swappiness) 2>&1; cat /proc/keys /proc/timer_list | wc -c; ls /sys/firmware | wc -l",
      );
      assert.match(output, /Read-only file system\n0\n0\n$/);
    });
    it("runs as a user with its groups and its home, without capabilities", async () => {
      const { output } = await run("id -u; id -g; id -G; echo $HOME; cd /; touch /x 2>&1", {
        config: { User: "1234:5" },
      });
      assert.equal(output, "1234\n5\n5\n/\ntouch: /x: Permission denied\n");
    });
    it("sets sysctls, limits and no_new_privs", async () => {
      const { output } = await run(
        "cat /proc/sys/net/ipv4/ip_forward; ulimit -n; grep NoNewPrivs /proc/self/status",
        {
          host: {
            Sysctls: { "net.ipv4.ip_forward": "1" },
            Ulimits: [{ Name: "nofile", Soft: 100, Hard: 200 }],
            SecurityOpt: ["no-new-privileges"],
          },
        },
      );
      assert.equal(output, "1\n100\nNoNewPrivs:\t1\n");
    });
    it("has an init process when asked", async () => {
      const { output } = await run("echo $$; cat /proc/1/comm", { host: { Init: true } });
      assert.match(output, /^[2-9]\d*\nslipway-init\n$/);
    });
  });

  describe("file systems", () => {
    it("fills a new volume with the image's content, and keeps it", async () => {
      const binds = { host: { Binds: ["keep:/bin", "empty:/fresh"] } };
      assert.equal(
        (await run("[ -e /bin/busybox ] && touch /bin/new /fresh/x && echo ok", binds)).output,
        "ok\n",
      );
      const again = await run("[ -e /bin/new ] && [ -e /fresh/x ] && echo still", binds);
      assert.equal(again.output, "still\n");
      await assert.rejects(rig.volumes.remove("keep"), { code: "VOLUME_IN_USE" });
      for (const { id } of await containers.list()) await containers.remove(id, { volumes: true });
      assert.deepEqual(
        rig.volumes.list().map(({ name }) => name),
        ["empty", "keep"],
      );
      for (const { name } of rig.volumes.list()) await rig.volumes.remove(name);
    });
    it("gives declared volumes a place of their own, which goes when asked", async () => {
      const id = await start("echo x > /v/f", { config: { Volumes: { "/v": {} } } });
      await containers.wait(id);
      const [mount] = (await containers.get(id)).mounts;
      assert.ok(mount?.name !== undefined);
      assert.equal(readFileSync(`${mount.source}/f`, "utf8"), "x\n");
      await containers.remove(id, { volumes: true });
      assert.deepEqual(rig.volumes.list(), []);
    });
    it("binds host directories, read-only when asked, and makes those that are missing", async () => {
      const path = rig.scratch.join("bound");
      const { output } = await run("echo x > /rw/f; (echo y > /ro/g) 2>&1 || echo denied", {
        host: { Binds: [`${path}:/rw`, `${path}:/ro:ro`] },
      });
      assert.match(output, /Read-only file system\ndenied\n$/);
      assert.equal(readFileSync(`${path}/f`, "utf8"), "x\n");
    });
    it("has a read-only root with writable tmpfs", async () => {
      const { output } = await run("touch /x 2>&1; touch /t/y && echo ok; mount | grep ' /t '", {
        host: { ReadonlyRootfs: true, Tmpfs: { "/t": "size=1m" } },
      });
      assert.match(output, /Read-only file system\nok\ntmpfs on \/t .*size=1024k/);
    });
    it("names host, resolver and itself on its own /etc", async () => {
      const { id, output } = await run(
        "cat /etc/hostname; hostname; grep db /etc/hosts; cat /etc/resolv.conf",
        {
          host: { ExtraHosts: ["db:10.0.0.9"], Dns: ["10.9.9.9"], DnsSearch: ["example.org"] },
        },
      );
      const name = id.slice(0, 12);
      assert.equal(output, `${name}\n${name}\n10.0.0.9\tdb\nnameserver 10.9.9.9\nsearch example.org\n`);
    });
    it("tells what it made to mount on apart from what the container wrote", async () => {
      const { id } = await run("touch /mine", { host: { Binds: ["/tmp:/made/here"] } });
      const left = await containers.mountLeftovers(id);
      assert.ok(left.includes("/made") && left.includes("/made/here"));
      assert.ok(!left.includes("/mine"));
      using tree = await containers.openRoot(id);
      assert.ok(tree.stat("/mine") !== undefined);
    });
  });

  describe("networks", () => {
    it("publishes a port on this host", async () => {
      const id = await start("mkdir /www; echo served > /www/index.html; exec httpd -f -p 80 -h /www", {
        host: { NetworkMode: "bridge", PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "" }] } },
      });
      const [endpoint] = (await containers.get(id)).endpoints;
      const port = endpoint?.ports[0]?.hostPort;
      for (let attempt = 0; ; attempt++) {
        try {
          const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
          assert.equal(await response.text(), "served\n");
          break;
        } catch (error) {
          if (attempt === 20) throw error;
          await sleep(50);
        }
      }
      await containers.stop(id, { timeoutMs: 0 });
      assert.deepEqual(leftovers().endpoints, { n: 0 });
      assert.equal((await containers.get(id)).endpoints[0]?.address, "");
    });
    it("gives the port of a container that ended unnoticed to the next", async () => {
      const wanted = {
        host: {
          NetworkMode: "bridge",
          PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "38217" }] },
        },
      };
      const first = await start("exec sleep 60", wanted);
      const second = await create("exec sleep 60", wanted);
      await assert.rejects(containers.start(second), {
        message: "Bind for 127.0.0.1:38217 failed: port is already allocated",
      });
      const { pid } = (await containers.get(first)).state;
      process.kill(pid, "SIGKILL");
      while (existsSync(`/proc/${pid}`)) await sleep(5);
      await containers.start(second);
      assert.equal(await status(second), "running");
    });
    it("shares another container's network", async () => {
      const first = await start("exec sleep 60", { name: "first", host: { NetworkMode: "bridge" } });
      const { output } = await run("ip -4 -o addr show eth0", { host: { NetworkMode: "container:first" } });
      assert.match(output, new RegExp(`inet ${(await containers.get(first)).endpoints[0]?.address}/`));
      await containers.kill(first, "KILL");
      const id = await create("true", { host: { NetworkMode: "container:first" } });
      await assert.rejects(containers.start(id), {
        message: "cannot join network namespace of a non running container: container first is exited",
      });
    });
    it("refuses a network it does not know", async () => {
      const id = await create("true", { host: { NetworkMode: "nosuch" } });
      await assert.rejects(containers.start(id), { message: "network nosuch not found" });
    });
  });

  describe("after a crash", () => {
    /** The parent of the container's first process. */
    const shimOf = async (id: string) => {
      const { pid } = (await containers.get(id)).state;
      return Number(/^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    };
    it("a container whose shim was killed has ended with 137, and starts again", async () => {
      const id = await start("exec sleep 60", { host: { NetworkMode: "bridge" } });
      process.kill(await shimOf(id), "SIGKILL");
      assert.deepEqual(await containers.wait(id), { exitCode: 137 });
      assert.equal(await status(id), "exited");
      assert.deepEqual(leftovers().endpoints, { n: 0 });
      await containers.start(id);
      assert.equal(await status(id), "running");
    });
    it("a container of an earlier boot has ended with 255", async () => {
      const id = await start("exec sleep 60");
      await containers.kill(id, "KILL");
      const state = {
        phase: "running",
        pid: 1,
        process: "000000000000-1-1",
        startedAt: new Date().toISOString(),
        endpoints: [],
        cgroup: `/slipway/${id}`,
      };
      rig.store.database
        .prepare("UPDATE containers SET state = ? WHERE id = ?")
        .run(JSON.stringify(state), id);
      const exit = `${rig.store.paths.container(id)}/exit`;
      if (existsSync(exit)) (await import("node:fs")).rmSync(exit);
      assert.equal((await containers.get(id)).state.exitCode, 255);
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
      assert.deepEqual(leftovers(), nothing);
    });
  }
});
