import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { isCode } from "../../core/errors.ts";
import { runProcesses, Worker } from "./processes.ts";
import { TestStore } from "./support.ts";

describe("locks", () => {
  it("admit one holder at a time, in order, within a process", async () => {
    await using opened = await TestStore.open();
    const { locks, paths } = opened.store;
    const order: number[] = [];
    let inside = 0;
    const work = async (i: number): Promise<void> => {
      await using _lock = await locks.hold("a");
      inside += 1;
      assert.equal(inside, 1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      order.push(i);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 10 }, (_, i) => work(i)));
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(readdirSync(paths.locks), []);
  });

  it("admit one holder at a time among processes", async () => {
    await using opened = await TestStore.open();
    const file = join(opened.root, "number");
    writeFileSync(file, "0");
    await runProcesses(3, "count", opened.root, file);
    assert.equal(readFileSync(file, "utf8"), "150");
  });

  it("give up waiting when the signal fires, and stay usable", async () => {
    await using opened = await TestStore.open();
    const { locks } = opened.store;
    const first = await locks.hold("a");
    const abort = new AbortController();
    const second = locks.hold("a", { signal: abort.signal });
    const third = locks.hold("a");
    abort.abort();
    await assert.rejects(second, { name: "AbortError" });
    await first[Symbol.asyncDispose]();
    await (await third)[Symbol.asyncDispose]();
    await assert.rejects(locks.hold("a", { signal: AbortSignal.abort() }), { name: "AbortError" });
    await (await locks.hold("a"))[Symbol.asyncDispose]();
  });

  it("are released by a crash", async () => {
    await using opened = await TestStore.open();
    const { locks } = opened.store;
    await using worker = new Worker("hold", opened.root);
    await worker.ready();
    await assert.rejects(locks.hold("held", { signal: AbortSignal.timeout(60) }), { name: "TimeoutError" });
    const waiting = locks.hold("held");
    await worker.kill();
    await (await waiting)[Symbol.asyncDispose]();
  });

  it("leave no file of a killed holder once the store is opened again, and the one of a living holder", async () => {
    await using opened = await TestStore.open();
    const { locks, paths } = opened.store;
    await using worker = new Worker("hold", opened.root);
    await worker.ready();
    await worker.kill();
    await using _lock = await locks.hold("living");
    assert.deepEqual(readdirSync(paths.locks), ["held", "living"]);
    await (await opened.again())[Symbol.asyncDispose]();
    assert.deepEqual(readdirSync(paths.locks), ["living"]);
    await assert.rejects(locks.hold("living", { signal: AbortSignal.timeout(60) }), { name: "TimeoutError" });
  });

  for (const name of ["", ".", "..", "a/b", "a b", "x".repeat(201)]) {
    it(`refuse the name ${JSON.stringify(name.slice(0, 20))}`, async () => {
      await using opened = await TestStore.open();
      await assert.rejects(opened.store.locks.hold(name), (error) => isCode(error, "OPTION_INVALID"));
    });
  }
});
