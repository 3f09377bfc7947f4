import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { BuildCacheEntry, CachePrune } from "../../../engine/api.ts";
import { allowance, surelyFits } from "../../../engine/builds/cache/bounds.ts";
import { choosePruned } from "../../../engine/builds/cache/choose.ts";

const NOW = Date.UTC(2030, 0, 1);
const DAY = 24 * 60 * 60 * 1000;
const MB = 1_000_000;

const entry = (id: string, more: Partial<BuildCacheEntry> = {}): BuildCacheEntry => ({
  id,
  kind: "step",
  description: `RUN ${id}`,
  bytes: 10 * MB,
  createdAt: new Date(NOW - DAY),
  usedAt: new Date(NOW - DAY),
  uses: 1,
  cost: 1000,
  parents: [],
  inUse: false,
  shared: false,
  ...more,
});

async function chosen(
  entries: readonly BuildCacheEntry[],
  request: CachePrune,
  free = 1e12,
): Promise<readonly string[]> {
  return (await choosePruned(entries, request, { now: NOW, free })).map(({ id }) => id);
}

describe("what is pruned of the build cache", () => {
  const half = { maxUsedSpace: 15 * MB };
  const pairs: readonly (readonly [
    title: string,
    goes: Partial<BuildCacheEntry>,
    stays: Partial<BuildCacheEntry>,
  ])[] = [
    ["what was cheap to make before what was dear", { cost: 100 }, { cost: 60_000 }],
    ["what is large before what is small", { bytes: 40 * MB }, { bytes: 4 * MB }],
    [
      "what was not used for long before what was",
      { usedAt: new Date(NOW - 9 * DAY) },
      { usedAt: new Date(NOW) },
    ],
    ["what was used once before what is used again and again", { uses: 1 }, { uses: 50 }],
    ["what a failed step left before all else", { kind: "failure", cost: 0 }, { cost: 1 }],
    ["a directory that can be filled anew before a long step", { kind: "mount", cost: 0 }, { cost: 60_000 }],
  ];
  for (const [title, goes, stays] of pairs)
    it(`is ${title}, where only one fits`, async () => {
      assert.deepEqual(await chosen([entry("stays", stays), entry("goes", goes)], half), ["goes"]);
    });

  it("is not what costly steps were made on, while something else is there", async () => {
    const entries = [
      entry("base", { cost: 10 }),
      entry("costly", { cost: 90_000, bytes: 1 * MB, parents: ["base"] }),
      entry("other", { cost: 500 }),
    ];
    assert.deepEqual(await chosen(entries, { maxUsedSpace: 12 * MB }), ["other"]);
  });

  it("is never in use, and of what images have as well only what is to go whatever it takes", async () => {
    const entries = [entry("used", { inUse: true }), entry("image", { shared: true }), entry("own")];
    assert.deepEqual(await chosen(entries, {}), ["own"]);
    assert.deepEqual(await chosen(entries, { all: true }), ["image", "own"]);
    assert.deepEqual(await chosen(entries, { all: true, maxUsedSpace: 1 }), ["own"]);
  });

  it("spares a small thing that went before a large one had to", async () => {
    const entries = [
      entry("small", { bytes: 1 * MB, cost: 1 }),
      entry("large", { bytes: 20 * MB, cost: 9000 }),
    ];
    assert.deepEqual(await chosen(entries, { maxUsedSpace: 2 * MB }), ["large"]);
  });

  const allowances: readonly (readonly [
    bounds: CachePrune,
    used: number,
    free: number,
    most: number | undefined,
  ])[] = [
    [{}, 100, 0, undefined],
    [{ reservedSpace: 30 }, 100, 0, 30],
    [{ maxUsedSpace: 50 }, 100, 0, 50],
    [{ maxUsedSpace: 50, reservedSpace: 70 }, 100, 0, 70],
    [{ minFreeSpace: 10 }, 100, 40, Number.POSITIVE_INFINITY],
    [{ minFreeSpace: 40 }, 100, 10, 70],
    [{ minFreeSpace: 500 }, 100, 10, 0],
    [{ minFreeSpace: 500, reservedSpace: 20 }, 100, 10, 20],
    [{ minFreeSpace: 40, maxUsedSpace: 50 }, 100, 10, 50],
    [{ minFreeSpace: 40, maxUsedSpace: 90 }, 100, 10, 70],
  ];
  for (const [bounds, used, free, most] of allowances)
    it(`leaves ${most} of ${used} bytes with ${free} free under ${JSON.stringify(bounds)}`, async () => {
      const allowed = allowance(bounds, { used, free });
      assert.equal(allowed === undefined || allowed > 0 ? allowed : 0, most);
    });

  it("is nothing of a cache that surely fits", async () => {
    for (const [bounds, , free] of allowances)
      for (let most = 0; most <= 120; most += 10) {
        if (!surelyFits(bounds, { most, free })) continue;
        for (let used = 0; used <= most; used += 10)
          assert.ok(
            used <= (allowance(bounds, { used, free }) ?? -1),
            JSON.stringify({ bounds, most, used }),
          );
      }
    assert.equal(surelyFits({ maxUsedSpace: 50 }, { most: 50, free: 0 }), true);
    assert.equal(surelyFits({ minFreeSpace: 40, reservedSpace: 20 }, { most: 20, free: 10 }), true);
    assert.equal(surelyFits({}, { most: 0, free: 100 }), false);
  });

  it("holds to its bound with as little as it takes, for 500 seeded caches", async () => {
    for (let seed = 1; seed <= 500; seed++) {
      const entries = seeded(seed);
      const request = { maxUsedSpace: 20 * MB + (seed % 7) * 30 * MB };
      const gone = new Set(await chosen(entries, request));
      const own = entries.filter(({ shared }) => !shared);
      const left = own.filter(({ id }) => !gone.has(id));
      const bytes = left.reduce((sum, each) => sum + each.bytes, 0);
      const kept = `seed ${seed}: ${bytes} of ${request.maxUsedSpace}`;
      for (const { id, inUse, shared } of entries) assert.ok(!gone.has(id) || (!inUse && !shared), kept);
      assert.ok(bytes <= request.maxUsedSpace || left.every(({ inUse }) => inUse), kept);
      for (const each of own)
        if (gone.has(each.id))
          assert.ok(bytes + each.bytes > request.maxUsedSpace, `${kept}, ${each.id} needlessly`);
      assert.deepEqual(await chosen(entries, request), [...gone], kept);
    }
  });
});

/** Up to forty things, each perhaps made on one before it. */
function seeded(seed: number): readonly BuildCacheEntry[] {
  let state = seed * 2_654_435_761;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
  return Array.from({ length: 1 + next(40) }, (_, i) =>
    entry(`e${i}`, {
      kind: next(5) === 0 ? "mount" : "step",
      bytes: (1 + next(20)) * MB,
      cost: next(60_000),
      uses: 1 + next(9),
      usedAt: new Date(NOW - next(30) * DAY),
      parents: i > 0 && next(2) === 0 ? [`e${next(i)}`] : [],
      inUse: next(8) === 0,
      shared: next(8) === 0,
    }),
  );
}
