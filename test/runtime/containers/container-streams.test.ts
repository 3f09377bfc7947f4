import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Attachment } from "../../../runtime/containers/attachment.ts";
import { ALL, describeContainers, text } from "./support.ts";

describeContainers("what goes in and out of containers", (here) => {
  const { create, start, logs, exec } = here;

  describe("streams", () => {
    it("feeds an attached process and follows its end of input", async () => {
      const id = await create("cat; echo done", {
        config: { OpenStdin: true, StdinOnce: true, AttachStdin: true },
      });
      await using attachment = await here.containers.attach(id, { stdin: true });
      await here.containers.start(id);
      await attachment.write(Buffer.from("hello\n"));
      await attachment.closeInput();
      assert.equal(await text(attachment.output), "hello\ndone\n");
    });
    it("gives a terminal of the size asked for", async () => {
      const id = await create("stty size; tty", { config: { Tty: true, OpenStdin: true } });
      await using attachment = await here.containers.attach(id, { stdin: true });
      await attachment.resize(132, 43);
      await here.containers.start(id);
      assert.equal(await text(attachment.output), "43 132\r\n/dev/pts/0\r\n");
    });
    it("ends an attachment whose container cannot start", async () => {
      const id = await create("", { config: { Cmd: ["/nosuch"] } });
      await using attachment: Attachment = await here.containers.attach(id, { stdin: false });
      await assert.rejects(here.containers.start(id));
      assert.equal(await text(attachment.output), "");
    });
    it("logs both streams, the tail, and what comes later", async () => {
      const id = await start(
        "echo e >&2; sleep 0.1; echo 1; echo 2; while ! [ -e /go ]; do sleep 0.02; done; echo late",
      );
      while (!(await logs(id)).includes("2")) await sleep(20);
      const following = here.containers.logs(id, { ...ALL, follow: true, tail: 1, stderr: false });
      assert.equal(Buffer.from((await following.next()).value?.line ?? []).toString(), "2\n");
      await exec(id, { Cmd: ["touch", "/go"] });
      assert.equal(Buffer.from((await following.next()).value?.line ?? []).toString(), "late\n");
      assert.equal((await following.next()).done, true);
      assert.equal(await logs(id, { stdout: false }), "e\n");
    });
    it("keeps no log when told so", async () => {
      const id = await start("echo x", { host: { LogConfig: { Type: "none", Config: {} } } });
      await here.containers.wait(id);
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
      await using session = await here.containers.exec(id, { Cmd: ["cat"], AttachStdin: true });
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
      const session = await here.containers.exec(id, { Cmd: ["touch", "/flag"], Detach: true });
      await session[Symbol.asyncDispose]();
      assert.deepEqual(await here.containers.wait(id), { exitCode: 0 });
    });
    it("are known by their ids while they run, to whoever opens the state root", async () => {
      const id = await start("exec sleep 60");
      const exec = "0123456789abcdef".repeat(4);
      await using ended = await here.containers.exec(id, { id: exec, Cmd: ["cat"], AttachStdin: true });
      await using other = await here.containers.exec(id, { Cmd: ["sleep", "60"], Detach: true });
      assert.deepEqual([...(await here.rig.openContainers().execs(id))].sort(), [exec, other.id].sort());
      await ended.closeInput();
      await ended.wait();
      assert.deepEqual(await here.containers.execs(id), [other.id]);
      await here.containers.kill(id, "KILL");
      await here.containers.wait(id);
      assert.deepEqual(await here.containers.execs(id), []);
    });
    it("says what it cannot run, and where", async () => {
      const id = await start("exec sleep 60");
      await assert.rejects(here.containers.exec(id, { Cmd: ["nosuch"] }), { code: "EXEC_NOT_FOUND" });
      await assert.rejects(here.containers.exec(id, { Cmd: ["true"], User: "nosuch" }), {
        code: "USER_UNKNOWN",
      });
      await here.containers.kill(id, "KILL");
      await assert.rejects(here.containers.exec(id, { Cmd: ["true"] }), {
        message: `container ${id} is not running`,
      });
      assert.deepEqual(
        readdirSync(here.rig.store.paths.container(id)).filter((name) => name.startsWith("exec-")),
        [],
      );
    });
  });
});
