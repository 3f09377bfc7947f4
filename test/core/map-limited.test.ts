import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { mapLimited } from "../../core/map-limited.ts";

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("mapLimited", () => {
  it("keeps the order of the items and the limit", async () => {
    let running = 0;
    let most = 0;
    const doubled = await mapLimited([5, 1, 4, 2, 3], 2, async (n) => {
      running += 1;
      most = Math.max(most, running);
      for (let i = 0; i < n; i += 1) await pause();
      running -= 1;
      return n * 2;
    });
    assert.deepEqual(doubled, [10, 2, 8, 4, 6]);
    assert.equal(most, 2);
    assert.deepEqual(await mapLimited([], 3, pause), []);
  });

  it("begins nothing after a failure", async () => {
    const begun: number[] = [];
    const work = async (n: number): Promise<void> => {
      begun.push(n);
      await pause();
      if (n === 1) throw new Error("one");
    };
    await assert.rejects(mapLimited([1, 2, 3, 4], 2, work), { message: "one" });
    await pause();
    assert.deepEqual(begun, [1, 2]);
  });
});
