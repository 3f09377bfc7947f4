import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, it } from "mocha";
import { connectShim } from "../../../runtime/launch/shim.ts";
import { eventually } from "../../support/eventually.ts";
import { collect, Shimmed } from "./shim-support.ts";
import { Bench, processOf, specOf } from "./support.ts";

const shell = (script: string) => specOf(processOf(["sh", "-c", script]));
const RFC3339_NANO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z$/;
const parentOf = (pid: number): number =>
  Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

describe("a shim", () => {
  let bench: Bench;
  before(function () {
    bench = Bench.open(this);
  });
  after(() => bench?.[Symbol.dispose]());

  it("records how its container ended, and is gone after that", async () => {
    await using container = await Shimmed.launch(bench, shell("exit 3"));
    const record = await container.run();
    assert.deepEqual(container.exitRecord(), record);
    assert.deepEqual([record.code, record.signal, record.oom], [3, undefined, false]);
    for (const time of [record.startedAt, record.finishedAt]) assert.match(time, RFC3339_NANO);
    assert.ok(record.startedAt < record.finishedAt);
    assert.equal(existsSync(container.io.socket), false, "it could be started anew at once");
    await assert.rejects(connectShim(container.io.socket), { code: "SHIM_UNREACHABLE" });
  });

  it("tells its state and delivers signals", async () => {
    await using container = await Shimmed.launch(bench, shell("exec sleep 1000"));
    assert.deepEqual(await container.client.state(), { status: "created", pid: 0 });
    await container.go();
    const state = await container.client.state();
    assert.deepEqual([state.status, state.pid], ["running", container.pid]);
    const ended = container.client.wait();
    assert.equal(await container.client.signal(9), true);
    const record = await ended;
    assert.deepEqual([record.code, record.signal], [137, 9]);
  });

  it("hears in the next run who was about to ask when one ended", async () => {
    const stateFile = bench.scratch.join("again-state");
    const restart = { when: "always", maximum: 0 } as const;
    await using container = await Shimmed.launch(bench, shell("exit 3"), { io: { stateFile, restart } });
    await using early = await connectShim(container.io.socket);
    await early.state();
    await container.run();
    await early.noMore();
    await eventually(
      () => existsSync(container.io.exitFile),
      (ended) => ended,
    );
  });

  it("loses nothing of what is written at once, to any number of clients", async () => {
    await using container = await Shimmed.launch(bench, shell("echo out; echo err >&2; seq 1000"));
    const clients = await Promise.all([container.attach(), container.attach(), container.attach()]);
    const texts = Promise.all(clients.map(collect));
    await container.run();
    const stdout = `out\n${Array.from({ length: 1000 }, (_, i) => `${i + 1}\n`).join("")}`;
    assert.deepEqual(await texts, Array(3).fill({ stdout, stderr: "err\n" }));
    for (const client of clients) assert.equal((await client.exit)?.code, 0);
    assert.equal(container.log().filter(({ stream }) => stream === "stdout").length, 1001);
  });

  it("passes standard input on and ends it with the client that asks", async () => {
    await using container = await Shimmed.launch(bench, shell("cat; echo end"), {
      io: { openStdin: true, stdinOnce: true },
    });
    const client = await container.attach({ stdin: true });
    const text = collect(client);
    const ended = container.run();
    const data = "x".repeat(300_000);
    await client.write(Buffer.from(data));
    await client.closeInput();
    assert.deepEqual(await text, { stdout: `${data}end\n`, stderr: "" });
    assert.equal((await ended).code, 0);
  });

  it("ends standard input when the only client goes away", async () => {
    await using container = await Shimmed.launch(bench, shell("cat; exit 6"), {
      io: { openStdin: true, stdinOnce: true },
    });
    const client = await container.attach({ stdin: true });
    const ended = container.run();
    await client[Symbol.asyncDispose]();
    assert.equal((await ended).code, 6);
  });

  it("keeps standard input open for the next client unless it was for one", async () => {
    await using container = await Shimmed.launch(bench, shell("read a; read b; echo $a$b"), {
      io: { openStdin: true },
    });
    const ended = container.run();
    for (const line of ["one\n", "two\n"]) {
      const client = await container.attach({ stdin: true });
      await client.write(Buffer.from(line));
      await client.closeInput();
      await client[Symbol.asyncDispose]();
    }
    await ended;
    assert.equal(container.log()[0]?.log, "onetwo\n");
  });

  it("gives a process without open input an empty one", async () => {
    await using container = await Shimmed.launch(bench, shell("cat; echo $?"));
    await container.run();
    assert.deepEqual(
      container.log().map(({ log }) => log),
      ["0\n"],
    );
  });

  it("is not stalled by a client that does not read", async () => {
    await using container = await Shimmed.launch(bench, shell("head -c 8000000 /dev/zero; echo done >&2"), {
      io: { log: { path: "/dev/null" } },
    });
    const stalled = await container.attach();
    assert.equal((await container.run()).code, 0);
    const { stderr } = await collect(stalled);
    assert.equal(stderr, "", "it was dropped before the end");
    assert.equal(await stalled.exit, undefined);
  });

  it("makes the process wait for a lossless client", async () => {
    await using container = await Shimmed.launch(bench, shell("head -c 8000000 /dev/zero; echo done >&2"), {
      io: { log: { path: "/dev/null" } },
    });
    const slow = await container.attach({ lossless: true });
    const ended = container.run();
    assert.equal(await Promise.race([ended, sleep(200, "running")]), "running");
    const { stdout, stderr } = await collect(slow);
    assert.deepEqual([stdout.length, stderr], [8_000_000, "done\n"]);
    assert.equal((await ended).code, 0);
  });

  it("drops a client that breaks the protocol and serves the others", async () => {
    await using container = await Shimmed.launch(bench, shell("exec sleep 1000"));
    await container.go();
    for (const bytes of [Buffer.alloc(5, 0xff), Buffer.from([99, 0, 0, 0, 0])]) {
      const socket = connect(container.io.socket);
      socket.on("error", () => undefined);
      socket.write(bytes);
      await new Promise((resolve) => socket.once("close", resolve));
    }
    assert.equal((await container.client.state()).status, "running");
  });

  it("listens for its user only, at a path of any length", async () => {
    const name = `${"n".repeat(120)}-`;
    await using container = await Shimmed.launch(bench, shell("exit 0"), { name });
    assert.equal(statSync(container.io.socket).mode & 0o777, 0o600);
    assert.equal((await container.run()).code, 0);
  });

  it("is nobody's child, small, and outlived by nothing when it is killed", async () => {
    await using container = await (await Shimmed.launch(bench, shell("exec sleep 1000"))).go();
    const shim = parentOf(container.pid);
    assert.notEqual(parentOf(shim), process.pid);
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${shim}/status`, "utf8"))?.[1]);
    assert.ok(kilobytes < 1500, `${kilobytes} kB`);
    process.kill(shim, "SIGKILL");
    await assert.rejects(container.client.wait(), { code: "SHIM_UNREACHABLE" });
    await eventually(() => !existsSync(`/proc/${container.pid}/exe`));
    assert.equal(container.exitRecord(), undefined);
  });

  it("reports a program that cannot be run, and leaves nothing", async () => {
    const container = await Shimmed.launch(bench, specOf(processOf(["nope"])));
    await assert.rejects(container.go(), { code: "EXEC_NOT_FOUND" });
    await assert.rejects(container.client.wait(), { code: "SHIM_UNREACHABLE" });
    assert.equal(container.exitRecord(), undefined);
    await eventually(() => !existsSync(container.io.socket));
  });

  it("goes when its container is abandoned before it started", async () => {
    const container = await Shimmed.launch(bench, shell("exit 0"));
    await container[Symbol.asyncDispose]();
    await eventually(() => !existsSync(container.io.socket));
  });

  it("reports a log it cannot open", () =>
    assert.rejects(Shimmed.launch(bench, shell("exit 0"), { io: { log: { path: "/does/not/exist" } } }), {
      code: "LAUNCH_FAILED",
      message: "opening the container's log and socket: no such file or directory",
    }));

  describe("removes its control groups", () => {
    // They take a moment to go: what is in them lives on when the container has ended.
    const leaving = specOf(
      processOf(["sh", "-c", "sleep 1000 & cat /proc/self/cgroup"]),
      {},
      { namespaces: [{ type: "mount" }] },
    );
    let group: { readonly cgroupProcs: readonly string[]; readonly cgroupDirs: readonly string[] };
    const left = (): boolean => group.cgroupDirs.some(existsSync);
    before(function () {
      if (!existsSync("/sys/fs/cgroup/pids")) this.skip();
    });
    beforeEach(() => {
      const directory = "/sys/fs/cgroup/pids/slipway-test-shim";
      mkdirSync(directory, { recursive: true });
      group = { cgroupProcs: [`${directory}/cgroup.procs`], cgroupDirs: [directory] };
    });

    it("with what is left in them, before it tells who waits", async () => {
      await using container = await Shimmed.launch(bench, leaving, group);
      await container.run();
      assert.equal(left(), false);
      assert.ok(container.log().some(({ log }) => log.endsWith(":pids:/slipway-test-shim\n")));
    });

    it("before it records the end", async () => {
      await using container = await Shimmed.launch(bench, leaving, group);
      await container.go();
      // Without a pause, so that it is seen the moment it is there.
      while (!existsSync(container.io.exitFile));
      assert.equal(left(), false);
    });

    /** Takes the shim a moment to remove, as it holds something else. */
    async function launchBesideOther(args: readonly string[]): Promise<Shimmed> {
      const container = await Shimmed.launch(bench, specOf(processOf(args)), group);
      const other = spawn("sleep", ["1000"]);
      writeFileSync(group.cgroupProcs[0] ?? "", String(other.pid));
      return container;
    }

    it("before who abandoned it, not started, may start it anew", async () => {
      const container = await launchBesideOther(["true"]);
      await container[Symbol.asyncDispose]();
      assert.equal(left(), false);
    });

    it("before it says that there was nothing to run", async () => {
      await using container = await launchBesideOther(["nope"]);
      await assert.rejects(container.go(), { code: "EXEC_NOT_FOUND" });
      assert.equal(left(), false);
    });
  });

  it("records that the kernel killed something for want of memory", async function () {
    const group = "/sys/fs/cgroup/memory/slipway-test-oom";
    if (!existsSync("/sys/fs/cgroup/memory/memory.limit_in_bytes")) this.skip();
    mkdirSync(group, { recursive: true });
    writeFileSync(`${group}/memory.limit_in_bytes`, "16777216");
    await using container = await Shimmed.launch(bench, shell("tail /dev/zero"), {
      cgroupProcs: [`${group}/cgroup.procs`],
      cgroupDirs: [group],
    });
    const { code, oom } = await container.run();
    assert.deepEqual([code, oom], [137, true]);
  });
});

describe("a shim's terminal", () => {
  let bench: Bench;
  before(function () {
    bench = Bench.open(this);
  });
  after(() => bench?.[Symbol.dispose]());

  const launch = (script: string): Promise<Shimmed> =>
    Shimmed.launch(bench, specOf(processOf(["sh", "-c", script], { terminal: true })), {
      io: { terminal: { columns: 100, rows: 30 }, openStdin: true },
    });

  it("is the process's controlling one, the console, and of the given size", async () => {
    await using container = await launch(
      "tty; stty size; readlink -f /proc/self/fd/2; stat -c %t:%T /dev/console; exit 2",
    );
    const client = await container.attach();
    const text = collect(client);
    assert.equal((await container.run()).code, 2);
    assert.deepEqual(await text, { stdout: "/dev/pts/0\r\n30 100\r\n/dev/pts/0\r\n88:0\r\n", stderr: "" });
  });

  it("takes input, signals by key, and another size", async () => {
    await using container = await launch(
      "trap 'stty size; exit 3' INT; echo ready; while :; do sleep 0.01; done",
    );
    const client = await container.attach({ stdin: true });
    const text = collect(client);
    const ended = container.run();
    await eventually(() => container.log().some(({ log }) => log === "ready\r\n"));
    await container.client.resize(132, 50);
    await client.write(Buffer.from("\u0003"));
    assert.equal((await ended).code, 3);
    assert.match((await text).stdout, /^ready\r\n\^C50 132\r\n$/);
  });

  it("belongs to the process's user", async () => {
    const spec = specOf(
      processOf(["sh", "-c", "stat -c %u:%g $(tty)"], { terminal: true, user: { uid: 7, gid: 8 } }),
    );
    await using container = await Shimmed.launch(bench, spec, {
      io: { terminal: { columns: 80, rows: 24 } },
    });
    await container.run();
    assert.equal(container.log()[0]?.log, "7:5\r\n");
  });
});
