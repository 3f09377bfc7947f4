import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { digestOf } from "../../core/digest.ts";
import { isCode } from "../../core/errors.ts";
import { LeaseTable } from "../../store/leases/lease-table.ts";
import { isAlive, thisOwner } from "../../store/owner.ts";
import { requiresRoot } from "../support/requires.ts";
import { Worker } from "./processes.ts";
import { TestStore } from "./support.ts";

describe("leases", () => {
  it("take away what they hold when they end, and leave what was kept", async () => {
    await using opened = await TestStore.open();
    const { leases, paths } = opened.store;
    const lease = leases.open("a build");
    const folder = join(paths.ingest, "unpacked");
    mkdirSync(join(folder, "deep"), { recursive: true });
    lease.temporary(folder);
    lease.snapshot("kept");
    mkdirSync(paths.snapshot("kept"));
    lease.snapshot("dropped");
    mkdirSync(paths.snapshot("dropped"));
    lease.keep("kept");
    await lease[Symbol.asyncDispose]();
    assert.deepEqual(readdirSync(paths.ingest), []);
    assert.deepEqual(readdirSync(paths.snapshots), ["kept"]);
    assert.throws(
      () => lease.blob(digestOf("x")),
      (error) => isCode(error, "LEASE_ENDED"),
    );
  });

  it("leave what resists to the next sweep, and let everybody work", async () => {
    await using opened = await TestStore.open();
    const { paths, database } = opened.store;
    let resists = true;
    const leases = new LeaseTable(database, paths, {
      cgroup: async (path) => {
        if (resists) throw new Error(`${path} is busy`);
      },
      snapshot: async () => undefined,
      temporary: async (path) => rmSync(path),
    });
    const lease = leases.open("a build");
    lease.cgroup("/stuck");
    lease.blob(digestOf("x"));
    lease.temporary(join(paths.ingest, "file"));
    writeFileSync(join(paths.ingest, "file"), "");
    await assert.rejects(async () => lease[Symbol.asyncDispose](), { message: "/stuck is busy" });
    assert.deepEqual(readdirSync(paths.ingest), []);
    assert.equal(await leases.sweep(), 0);
    await opened.store.content.put(Buffer.from("garbage"));
    assert.deepEqual((await opened.store.check()).problems, ["lease of a build: its process is gone"]);
    resists = false;
    writeFileSync(join(paths.ingest, "file"), "");
    assert.equal(await leases.sweep(), 1);
    assert.deepEqual((await opened.store.check()).problems, []);
  });

  it("refuse a path that is not theirs to remove", async () => {
    await using opened = await TestStore.open();
    const { leases, paths } = opened.store;
    await using lease = leases.open("a build");
    for (const path of ["/etc", paths.root, paths.ingest, `${paths.ingest}/..`, `${paths.ingest}/../blobs`])
      assert.throws(
        () => lease.temporary(path),
        (error) => isCode(error, "OPTION_INVALID"),
        path,
      );
  });

  it("of a killed process are swept at the next opening, those of living ones are not", async () => {
    await using opened = await TestStore.open();
    const { leases, paths, content } = opened.store;
    const mine = leases.open("mine");
    const folder = join(paths.ingest, `${thisOwner()}.mine`);
    writeFileSync(folder, "");
    mine.temporary(folder);
    await using worker = new Worker("mess", opened.root);
    await worker.ready();
    assert.equal(await leases.sweep(), 0);
    assert.equal(readdirSync(paths.ingest).length, 2);
    assert.equal((await opened.store.collect()).blobs, 0);
    await worker.kill();
    const again = await opened.again();
    assert.deepEqual(readdirSync(paths.ingest), [`${thisOwner()}.mine`]);
    assert.deepEqual(readdirSync(paths.snapshots), []);
    assert.deepEqual((await again.check()).problems, []);
    // What is younger than a living lease stays as long as that does.
    assert.equal((await again.collect()).blobs, 0);
    await mine[Symbol.asyncDispose]();
    assert.equal((await again.collect()).blobs, 1);
    assert.deepEqual([...content.list()], []);
    await again[Symbol.asyncDispose]();
  });

  it("kill and remove the control groups they hold", async function () {
    requiresRoot(this);
    const parent = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/pids"].find((path) =>
      existsSync(join(path, "cgroup.procs")),
    );
    if (parent === undefined) this.skip();
    await using opened = await TestStore.open();
    const group = join(parent, `slipway-test-${process.pid}`);
    mkdirSync(join(group, "child"), { recursive: true });
    const sleeper = spawn("sleep", ["1000"]);
    try {
      writeFileSync(join(group, "child", "cgroup.procs"), String(sleeper.pid));
      const exit = once(sleeper, "exit");
      const lease = opened.store.leases.open("a run");
      lease.cgroup(group);
      await lease[Symbol.asyncDispose]();
      assert.equal(existsSync(group), false);
      assert.deepEqual(await exit, [null, "SIGKILL"]);
    } finally {
      sleeper.kill("SIGKILL");
      if (existsSync(group)) rmdirSync(group);
    }
  });

  it("know a process by more than its number", () => {
    assert.equal(isAlive(thisOwner()), true);
    const [boot = "", pid = "", started = ""] = thisOwner().split("-");
    assert.equal(isAlive(`${boot}-${pid}-${Number(started) + 1}`), false);
    assert.equal(isAlive(`000000000000-${pid}-${started}`), false);
    assert.equal(isAlive("rubbish"), false);
  });
});
