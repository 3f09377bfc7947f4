import assert from "node:assert/strict";
import { compileLegacyLimits, compileUnifiedLimits } from "../../../runtime/cgroups/limits.ts";
import type { OciResources } from "../../../runtime/spec/oci.ts";

const cases: readonly (readonly [
  title: string,
  resources: OciResources,
  legacy: readonly string[],
  unified: readonly string[],
])[] = [
  ["no limits", {}, [], []],
  [
    "memory and swap together",
    { memory: { limit: 100, swap: 300 } },
    ["memory.limit_in_bytes=100", "memory.memsw.limit_in_bytes=300"],
    ["memory.max=100", "memory.swap.max=200"],
  ],
  [
    "memory with any swap",
    { memory: { limit: 100, swap: -1 } },
    ["memory.limit_in_bytes=100", "memory.memsw.limit_in_bytes=-1"],
    ["memory.max=100", "memory.swap.max=max"],
  ],
  [
    "a quota in a period",
    { cpu: { quota: 5000, period: 10_000 } },
    ["cpu.cfs_period_us=10000", "cpu.cfs_quota_us=5000"],
    ["cpu.max=5000 10000"],
  ],
  ["an unlimited quota", { cpu: { quota: -1 } }, ["cpu.cfs_quota_us=-1"], ["cpu.max=max 100000"]],
  ["the default share", { cpu: { shares: 1024 } }, ["cpu.shares=1024"], ["cpu.weight=39"]],
  ["the largest share", { cpu: { shares: 262_144 } }, ["cpu.shares=262144"], ["cpu.weight=10000"]],
  ["CPUs", { cpu: { cpus: "0-1" } }, ["cpuset.cpus=0-1"], ["cpuset.cpus=0-1"]],
  ["processes", { pids: { limit: 7 } }, ["pids.max=7"], ["pids.max=7"]],
];

describe("runtime/cgroups/limits", () => {
  for (const [title, resources, legacy, unified] of cases) {
    it(`compiles ${title}`, () => {
      const lines = (writes: readonly { file: string; value: string }[]) =>
        writes.map(({ file, value }) => `${file}=${value}`);
      assert.deepEqual(lines(compileLegacyLimits(resources)), legacy);
      assert.deepEqual(lines(compileUnifiedLimits(resources)), unified);
    });
  }
});
