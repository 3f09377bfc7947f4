import assert from "node:assert/strict";
import { withoutLeftovers } from "../../../engine/containers/leftovers.ts";
import type { Change } from "../../../store/snapshotter.ts";

const LETTERS = { A: "added", C: "modified", D: "deleted" } as const;
const read = (lines: string): Change[] =>
  lines
    .split(" ")
    .filter(Boolean)
    .map((line) => ({ kind: LETTERS[line[0] as "A"], path: line.slice(1) }));

describe("withoutLeftovers()", () => {
  const cases: readonly [changes: string, leftovers: readonly string[], shown: string][] = [
    ["C/etc A/etc/hosts", ["/etc/hosts"], ""],
    ["C/etc A/etc/hosts A/etc/x", ["/etc/hosts"], "C/etc A/etc/x"],
    ["C/etc C/etc/apt A/etc/apt/x A/etc/hosts", ["/etc/hosts"], "C/etc C/etc/apt A/etc/apt/x"],
    ["C/etc", [], "C/etc"],
    ["A/a A/a/b A/a/b/c", ["/a", "/a/b", "/a/b/c"], ""],
  ];
  for (const [changes, leftovers, shown] of cases) {
    it(`shows ${JSON.stringify(shown)} of ${JSON.stringify(changes)}`, () =>
      assert.deepEqual(withoutLeftovers(read(changes), leftovers), read(shown)));
  }
});
