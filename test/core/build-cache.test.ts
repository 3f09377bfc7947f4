import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { type CacheFacts, type CacheFilters, compileCacheFilters } from "../../core/build-cache.ts";

const NOW = Date.UTC(2030, 0, 2);
const facts = (id: string, more: Partial<CacheFacts>): CacheFacts => ({
  id,
  kind: "step",
  parents: [],
  description: "RUN apt-get update",
  usedAt: new Date(NOW),
  inUse: false,
  shared: false,
  ...more,
});
const ALL = [
  facts("sha256:aa", { shared: true }),
  facts("sha256:ab", { parents: ["sha256:aa"], description: "RUN make", inUse: true }),
  facts("mount", { kind: "mount", description: "/root/.cache", usedAt: new Date(NOW - 48 * 3_600_000) }),
  facts("failed", { kind: "failure", description: "failed step: false" }),
];

describe("filters of the build cache", () => {
  const cases: readonly (readonly [filters: CacheFilters, found: string])[] = [
    [{}, "sha256:aa sha256:ab mount failed"],
    [{ id: ["aa"] }, "sha256:aa"],
    [{ "id~": ["^sha256:a"] }, "sha256:aa sha256:ab"],
    [{ "id!": ["mount"] }, "sha256:aa sha256:ab failed"],
    [{ parent: ["sha256:aa"] }, "sha256:ab"],
    [{ parents: [] }, "sha256:ab"],
    [{ type: ["regular"] }, "sha256:aa sha256:ab"],
    [{ type: ["exec.cachemount"] }, "mount"],
    [{ "type!": ["regular"] }, "mount failed"],
    [{ "description~": ["apt|false"] }, "sha256:aa failed"],
    [{ inuse: [] }, "sha256:ab"],
    [{ inuse: ["false"], type: ["regular"] }, "sha256:aa"],
    [{ "inuse!": ["true"] }, "sha256:aa mount failed"],
    [{ shared: ["1"] }, "sha256:aa"],
    [{ private: ["true"], immutable: [] }, "sha256:ab"],
    [{ mutable: ["true"] }, "mount failed"],
    [{ until: ["24h"] }, "mount"],
    [{ "unused-for": ["0"] }, "sha256:aa sha256:ab mount failed"],
  ];
  for (const [filters, found] of cases)
    it(`${JSON.stringify(filters)} means ${found}`, async () => {
      const matches = await compileCacheFilters(filters, NOW);
      assert.equal(
        ALL.filter(matches)
          .map(({ id }) => id)
          .join(" "),
        found,
      );
    });

  const wrong: readonly (readonly [filters: CacheFilters, message: RegExp])[] = [
    [{ label: ["a"] }, /label/],
    [{ "inuse~": ["true"] }, /inuse~/],
    [{ constructor: ["x"] }, /constructor/],
    [{ type: ["a", "b"] }, /one value/],
    [{ inuse: ["perhaps"] }, /true or false/],
    [{ until: ["yesterday"] }, /duration/],
    [{ id: ["("] }, /regular expression/],
    [{ id: ["x+".repeat(150)] }, /at most 256 characters/],
  ];
  for (const [filters, message] of wrong)
    it(`${JSON.stringify(filters).slice(0, 40)} is refused`, async () => {
      await assert.rejects(compileCacheFilters(filters, NOW), message);
    });
});
