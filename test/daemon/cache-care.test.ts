import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { readCacheCare } from "../../cli/connection/cache-care.ts";
import { cacheCare } from "../../daemon/config/cache-care.ts";
import { parseDaemonFile } from "../../daemon/config/file.ts";
import type { CacheCare, CachePrune } from "../../engine/api.ts";
import { rulesOf } from "../../engine/builds/cache/policy.ts";

const GB = 1 << 30;
const care = (gc: unknown): CacheCare | "off" | undefined =>
  cacheCare(parseDaemonFile("daemon.json", JSON.stringify({ builder: { gc } })));

describe("the space of the build cache", () => {
  const said: readonly (readonly [gc: unknown, care: CacheCare | "off"])[] = [
    [{}, {}],
    [{ enabled: true }, {}],
    [{ enabled: false, defaultKeepStorage: "1GB" }, "off"],
    [{ defaultKeepStorage: "1GB" }, { reservedSpace: GB }],
    [{ defaultKeepStorage: "9GB", defaultReservedSpace: "1GB" }, { reservedSpace: GB }],
    [
      { defaultMaxUsedSpace: 5, defaultMinFreeSpace: "1g" },
      { maxUsedSpace: 5, minFreeSpace: GB },
    ],
    [
      {
        policy: [
          { filter: ["type=exec.cachemount", "unused-for=48h"], keepStorage: "1GB" },
          { all: true, keepDuration: "1h", maxUsedSpace: "1GB" },
        ],
      },
      {
        rules: [
          { filters: { type: ["exec.cachemount"], "unused-for": ["48h"] }, reservedSpace: GB },
          { all: true, unusedMs: 3_600_000, maxUsedSpace: GB },
        ],
      },
    ],
  ];
  for (const [gc, means] of said)
    it(`is that of daemon.json: ${JSON.stringify(gc)}`, () => assert.deepEqual(care(gc), means));

  const wrong: readonly (readonly [gc: unknown, message: RegExp])[] = [
    [{ defaultKeepStorage: "many" }, /builder\.gc\.defaultKeepStorage: invalid size: 'many'/],
    [{ policy: [{ filter: ["colour=red"] }] }, /builder\.gc\.policy\.0\.filter\.0: .*colour/],
    [{ policy: [{ keepDuration: "long" }] }, /keepDuration: .*invalid duration/],
    [{ policy: [{ keepBytes: 1 }] }, /keepBytes/],
    [{ enabled: "yes" }, /enabled/],
  ];
  for (const [gc, message] of wrong)
    it(`is not said by ${JSON.stringify(gc)}`, () => assert.throws(() => care(gc), message));

  it("is said by a variable where there is no daemon", () => {
    assert.deepEqual(readCacheCare({}), {});
    assert.deepEqual(readCacheCare({ SLIPWAY_CACHE_SPACE: "1GB" }), { maxUsedSpace: GB });
    assert.equal(readCacheCare({ SLIPWAY_CACHE_SPACE: "off" }), "off");
    for (const text of ["none", "0", "-1"])
      assert.throws(() => readCacheCare({ SLIPWAY_CACHE_SPACE: text }), /a size like 20GB, or off/);
  });

  const disk = { reservedSpace: 1e9, maxUsedSpace: 6e9, minFreeSpace: 2e9 };
  const rules: readonly (readonly [care: CacheCare, rules: readonly CachePrune[]])[] = [
    [{}, [disk]],
    [{ maxUsedSpace: 5 }, [{ maxUsedSpace: 5 }]],
    [{ rules: [{ unusedMs: 1 }, { maxUsedSpace: 7 }] }, [{ ...disk, unusedMs: 1 }, { maxUsedSpace: 7 }]],
    [{ reservedSpace: 5, rules: [{ all: true }] }, [{ reservedSpace: 5, all: true }]],
  ];
  for (const [given, means] of rules)
    it(`of a disk of 10 GB is held by ${JSON.stringify(means)} under ${JSON.stringify(given)}`, () => {
      assert.deepEqual(rulesOf(given, 10e9), means);
    });
});
