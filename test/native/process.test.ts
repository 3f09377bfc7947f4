import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { loadKernel } from "../../native/binding.ts";
import { requiresKernel } from "./support.ts";

describe("native/process", () => {
  before(function () {
    requiresKernel(this);
  });

  /** Runs a shell script with pipes as its descriptors and returns what it wrote to 1. */
  async function output(script: string, more: readonly number[] = []): Promise<string> {
    const kernel = loadKernel();
    const [read, write] = kernel.pipe();
    const nothing = openSync("/dev/null", "r+");
    const child = kernel.spawn("/bin/sh", ["sh", "-c", script], [nothing, write, nothing, ...more]);
    closeSync(write);
    closeSync(nothing);
    await kernel.waitPidfd(child.pidfd);
    closeSync(child.pidfd);
    const text = readFileSync(read, "utf8");
    closeSync(read);
    return text;
  }

  it("gives a child exactly the descriptors it names", async () => {
    const secret = openSync("/etc/hostname", "r");
    // Without a fork or a pipe, which would show descriptors of the shell's own.
    const listed = await output(
      'for i in $(seq 0 64); do test -e "/proc/$$/fd/$i" && printf "$i "; done; true',
      [secret],
    );
    closeSync(secret);
    assert.equal(listed, "0 1 2 3 ");
  });

  it("knows who is at the other end of a unix socket, and of no other descriptor", () => {
    const kernel = loadKernel();
    const pair = kernel.socketPair();
    const [uid, gid] = [process.getuid?.(), process.getgid?.()];
    for (const fd of pair) {
      assert.deepEqual(kernel.peerCredentials(fd), { pid: process.pid, uid, gid });
      closeSync(fd);
    }
    const file = openSync("/etc/hostname", "r");
    assert.throws(() => kernel.peerCredentials(file), { code: "SYSCALL_FAILED" });
    closeSync(file);
  });

  it("maps descriptors that stand in each other's way", async () => {
    const kernel = loadKernel();
    const [read, write] = kernel.pipe();
    writeSync(write, "through 0");
    closeSync(write);
    const [answer, out] = kernel.pipe();
    // Both orders: each of the two is the other's target in one of them.
    const child = kernel.spawn("/bin/sh", ["sh", "-c", "cat"], [read, out, out]);
    assert.deepEqual(await kernel.waitPidfd(child.pidfd), { code: 0 });
    closeSync(out);
    assert.equal(readFileSync(answer, "utf8"), "through 0");
    for (const fd of [read, answer, child.pidfd]) closeSync(fd);
  });

  it("starts a child in a session of its own, with no environment and no ignored signal", async () => {
    const status = await output("cat /proc/$$/environ; grep -E 'NSsid|SigIgn' /proc/$$/status; echo $$");
    const [session = "", ignored = "", pid = ""] = status.trim().split("\n");
    assert.equal(session.replace(/\s+/g, " "), `NSsid: ${pid}`);
    assert.match(ignored, /SigIgn:\s0000000000000000/);
  });

  it("tells exit codes from signals", async () => {
    const kernel = loadKernel();
    for (const [script, status] of [
      ["exit 3", { code: 3 }],
      ["kill -9 $$", { signal: 9 }],
    ] as const) {
      const child = kernel.spawn("/bin/sh", ["sh", "-c", script], []);
      assert.deepEqual(await kernel.waitPidfd(child.pidfd), status);
      assert.equal(kernel.signalPidfd(child.pidfd, 15), false);
      closeSync(child.pidfd);
    }
  });

  it("names what cannot be executed, and leaves no child", () => {
    assert.throws(() => loadKernel().spawn("/nowhere/launcher", ["launcher"], []), {
      message: "execveat /nowhere/launcher: ENOENT",
    });
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
    const zombies = children.filter(
      (pid) => pid !== "" && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8")),
    );
    assert.deepEqual(zombies, []);
  });

  it("starts a program that nobody who comes by it can write to", async () => {
    const kernel = loadKernel();
    const program = kernel.sealProgram("/bin/sh");
    assert(program !== undefined);
    const child = kernel.spawn(program, ["a-name", "-c", 'test "$0" = a-name'], []);
    assert.deepEqual(await kernel.waitPidfd(child.pidfd), { code: 0 });
    assert.throws(() => chmodSync(`/proc/self/fd/${program}`, 0o755), { code: "EROFS" });
    for (const fd of [program, child.pidfd]) closeSync(fd);
  });

  it("has no sealed form of what is not there", () =>
    assert.equal(loadKernel().sealProgram("/nowhere/launcher"), undefined));

  it("waits for somebody else's process without its status", async () => {
    const kernel = loadKernel();
    const shell = spawn("sh", ["-c", "sleep 60 & echo $!; wait"], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(shell.stdout, "data")) as [Buffer];
    const pidfd = kernel.openPidfd(Number(line.toString()));
    assert.ok(pidfd !== undefined);
    const ended = kernel.waitPidfd(pidfd);
    assert.equal(kernel.signalPidfd(pidfd, 15), true);
    assert.equal(await ended, undefined);
    closeSync(pidfd);
  });

  it("finds no pidfd for a process that is not there", () => {
    assert.equal(loadKernel().openPidfd(0x3fffff), undefined);
  });

  it("makes connected sockets and memory files", () => {
    const kernel = loadKernel();
    const [a, b] = kernel.socketPair();
    writeSync(a, "hello");
    closeSync(a);
    assert.equal(readFileSync(b, "utf8"), "hello");
    closeSync(b);
    const memory = kernel.memoryFile("content", Buffer.from("remembered"));
    assert.equal(readFileSync(memory, "utf8"), "remembered");
    closeSync(memory);
  });

  it("lets the process exit in the middle of a job", function () {
    this.timeout(20_000);
    const program = `
      import { openSync } from "node:fs";
      import { loadKernel } from ${JSON.stringify(new URL("../../native/binding.ts", import.meta.url).href)};
      const kernel = loadKernel();
      const zero = openSync("/dev/zero", "r");
      const null_ = openSync("/dev/null", "w");
      for (let i = 0; i < 3; i++) void kernel.inflate(zero, null_);
      const child = kernel.spawn("/bin/sleep", ["sleep", "0.2"], []);
      void kernel.waitPidfd(child.pidfd);
      setTimeout(() => process.exit(7), 50);
    `;
    const args = ["--import", "tsx", "--input-type=module", "--eval", program];
    const result = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 15_000 });
    assert.equal(result.stderr, "");
    assert.equal(result.status, 7);
  });
});
