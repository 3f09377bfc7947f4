import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, it } from "mocha";
import type { Launched, LaunchIo } from "../../../runtime/launch/launcher.ts";
import { eventually } from "../../support/eventually.ts";
import { Bench, processOf, specOf } from "./support.ts";

const sleeper = specOf(processOf(["sleep", "1000"]));
const SIGKILL = 9;
const SIGTERM = 15;

const ended = (pid: number): Promise<boolean> => eventually(() => !isAlive(pid));

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

const catches = (pid: number, signal: number): boolean => {
  const caught = /SigCgt:\s+([0-9a-f]+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return ((BigInt(`0x${caught}`) >> BigInt(signal - 1)) & 1n) === 1n;
};

const parentOf = (pid: number): number =>
  Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

describe("a container on passed descriptors", () => {
  let bench: Bench;
  let io: LaunchIo;
  before(function () {
    bench = Bench.open(this);
    const fd = openSync("/dev/null", "r+");
    io = { kind: "descriptors", stdin: fd, stdout: fd, stderr: fd };
  });
  after(() => bench?.[Symbol.dispose]());

  const launch = (): Promise<Launched> => bench.launcher.launch(bench.request(sleeper, io));

  it("is parked until it is let go", async () => {
    await using launched = await launch();
    const program = (): string => readFileSync(`/proc/${launched.pid}/cmdline`, "utf8");
    assert.match(program(), /^slipway-launcher/);
    await launched.go();
    assert.equal(program(), "sleep\0" + "1000\0");
    launched.signal(SIGKILL);
    assert.deepEqual(await launched.exited(), { signal: SIGKILL });
  });

  it("has a launcher whose file it cannot write to", async () => {
    await using launched = await launch();
    for (const pid of [launched.pid, launched.launcherPid])
      assert.throws(() => chmodSync(`/proc/${pid}/exe`, 0o755), { code: "EROFS" });
  });

  it("is connected before it is parked", async () => {
    const connected: number[] = [];
    const connect = async (pid: number): Promise<void> => {
      const namespaces = ["self", pid].map((name) => readlinkSync(`/proc/${name}/ns/net`));
      assert.notEqual(namespaces[0], namespaces[1]);
      await sleep(50);
      connected.push(pid);
    };
    await using launched = await bench.launcher.launch({ ...bench.request(sleeper, io), connect });
    assert.deepEqual(connected, [launched.pid]);
  });

  it("is not launched when it cannot be connected", async () => {
    const pids: number[] = [];
    const connect = async (pid: number): Promise<void> => {
      pids.push(pid);
      throw new Error("no network");
    };
    const request = { ...bench.request(sleeper, io), connect };
    await assert.rejects(bench.launcher.launch(request), { message: "no network" });
    for (const pid of pids) await ended(pid);
    assert.equal(pids.length, 1);
  });

  it("is told why it could not be launched before why it could not be connected", async () => {
    const spec = specOf(processOf(["true"]), {
      mounts: [{ destination: "/x", type: "bind", source: "/does-not-exist", options: ["bind"] }],
    });
    const connect = () => Promise.reject(new Error("no network"));
    await assert.rejects(bench.launcher.launch({ ...bench.request(spec, io), connect }), {
      code: "LAUNCH_FAILED",
    });
  });

  it("is delivered signals", async () => {
    const trap = specOf(processOf(["sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.01; done"]));
    await using launched = await bench.launcher.launch(bench.request(trap, io));
    await launched.go();
    await eventually(() => catches(launched.pid, SIGTERM));
    launched.signal(SIGTERM);
    assert.deepEqual(await launched.exited(), { code: 5 });
  });

  it("ends when it is disposed of, parked or running", async () => {
    for (const running of [false, true]) {
      const launched = await launch();
      if (running) await launched.go();
      await launched[Symbol.asyncDispose]();
      assert.equal(isAlive(launched.pid), false);
    }
  });

  it("ends when its launcher is killed", async () => {
    for (const user of [
      { uid: 0, gid: 0 },
      { uid: 1, gid: 1 },
    ]) {
      const spec = specOf(processOf(["sleep", "1000"], { user }));
      await using launched = await bench.launcher.launch(bench.request(spec, io));
      await launched.go();
      process.kill(parentOf(launched.pid), "SIGKILL");
      await ended(launched.pid);
      await assert.rejects(launched.exited(), { code: "LAUNCH_FAILED" });
    }
  });

  it("fails to start when it is killed while it is parked", async () => {
    await using launched = await launch();
    process.kill(launched.pid, "SIGKILL");
    await assert.rejects(launched.go(), { code: "LAUNCH_FAILED" });
  });

  it("ends when the program that launched it is killed", async () => {
    const script = new URL("./sleeper.ts", import.meta.url).pathname;
    const parent = spawn(
      process.execPath,
      ["--import", "tsx", script, JSON.stringify(bench.request(sleeper, io))],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    assert.equal(isAlive(pid), true);
    parent.kill("SIGKILL");
    await ended(pid);
  });

  it("is cancelled by its signal, before and after it started", async () => {
    const aborted = AbortSignal.abort();
    await assert.rejects(bench.launcher.launch(bench.request(sleeper, io), { signal: aborted }), {
      code: "CANCELLED",
    });
    const later = new AbortController();
    await using launched = await bench.launcher.launch(bench.request(sleeper, io), { signal: later.signal });
    await launched.go();
    later.abort();
    await assert.rejects(launched.exited(), { code: "CANCELLED" });
    await ended(launched.pid);
  });

  it("leaves no zombie and no descriptor", async () => {
    await (await launch())[Symbol.asyncDispose]();
    const before = openDescriptors();
    for (let i = 0; i < 5; i++) await (await launch())[Symbol.asyncDispose]();
    assert.equal(openDescriptors(), before);
  });
});

const openDescriptors = (): number => readdirSync("/proc/self/fd").length;

describe("an init process", () => {
  let bench: Bench;
  before(function () {
    bench = Bench.open(this);
  });
  after(() => bench?.[Symbol.dispose]());

  it("ends with its program's status", async () => {
    const run = (script: string) => bench.run(specOf(processOf(["sh", "-c", script])), { init: true });
    assert.deepEqual((await run("echo $$; exit 9")).status, { code: 9 });
    assert.deepEqual((await run("kill -9 $$")).status, { code: 137 });
  });

  it("reaps orphans and hands signals on", async () => {
    const script =
      "(sleep 0.01 &); trap 'ps -o stat | grep -c Z; exit 4' USR1; sleep 0.2; kill -USR1 1; sleep 5 & wait";
    const { stdout, status } = await bench.run(specOf(processOf(["sh", "-c", script])), { init: true });
    assert.deepEqual([stdout, status], ["0\n", { code: 4 }]);
  });

  it("holds no stream open", async () => {
    const { stdout } = await bench.run(specOf(processOf(["sh", "-c", "ls /proc/1/fd"])), { init: true });
    assert.equal(stdout, "");
  });
});
