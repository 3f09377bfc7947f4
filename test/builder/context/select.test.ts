import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { IgnoreRules } from "../../../builder/context/ignore-rules.ts";
import { rulesOf, select } from "../../../builder/context/select.ts";
import type { Selected } from "../../../builder/context/selected.ts";
import type { Source } from "../../../builder/context/source-root.ts";
import { loadKernel } from "../../../native/binding.ts";
import { KernelTreeOpener } from "../../../store/trees.ts";
import { Scratch } from "../../support/scratch.ts";

const FILES = ["a.txt", "b.md", "x/a.txt", "x/y/a.txt", "x/y/b.txt", "x/z/a.txt", "y/a.txt", "lib/[odd]/f"];

interface Filters {
  readonly ignore?: string;
  readonly exclude?: readonly string[];
}

/** Each match as its name, then what is below it. */
async function selected(source: Source, filters: Filters = {}): Promise<readonly string[]> {
  const found = await selectIn(source, filters);
  return found.flatMap(({ name, below }) => [name, ...below.map(({ path }) => ` ${path}`)]);
}

async function selectIn(source: Source, { ignore, exclude }: Filters): Promise<readonly Selected[]> {
  using scratch = new Scratch();
  for (const file of FILES) {
    mkdirSync(dirname(scratch.join(file)), { recursive: true });
    writeFileSync(scratch.join(file), file);
  }
  symlinkSync("x", scratch.join("link"));
  symlinkSync("/x/y", scratch.join("absolute"));
  symlinkSync("../../..", scratch.join("up"));
  using tree = await new KernelTreeOpener(loadKernel()).openDirectory(scratch.path);
  const rules = ignore === undefined ? undefined : IgnoreRules.parse(ignore);
  const visibility = rules && {
    hides: (path: string) => rules.hides(path),
    hidesSource: (path: string) => rules.hidesSource(path),
    prune: rules.prune,
    reason: () => "",
  };
  const root = { name: "the build context", tree, ...(visibility === undefined ? {} : { visibility }) };
  return await select(root, source, exclude === undefined ? undefined : rulesOf(exclude));
}

const cases: Readonly<Record<string, readonly [source: Source, expected: readonly string[]]>> = {
  "a file": [{ path: "/a.txt" }, ["a.txt"]],
  "a directory": [{ path: "/x/y" }, ["y", " a.txt", " b.txt"]],
  "a pattern": [{ path: "/*.txt" }, ["a.txt"]],
  "a pattern in the middle": [{ path: "/x/*/a.txt" }, ["a.txt", "a.txt"]],
  "a pattern that matches a directory and a file": [{ path: "/x/[ay]*" }, ["a.txt", "y", " a.txt", " b.txt"]],
  "a name in brackets": [{ path: "/lib/\\[odd\\]/f" }, ["f"]],
  "a link to a directory": [{ path: "/link/y" }, ["y", " a.txt", " b.txt"]],
  "an absolute link, which stays inside": [{ path: "/absolute/b.txt" }, ["b.txt"]],
  "a link that leads out, which stays inside": [{ path: "/up/y" }, ["y", " a.txt"]],
  "--parents of a file": [{ path: "/", below: "x/y/a.txt" }, ["", " x", " x/y", " x/y/a.txt"]],
  "--parents of a directory": [{ path: "/", below: "x/y" }, ["", " x", " x/y", " x/y/a.txt", " x/y/b.txt"]],
  "--parents of a pattern": [
    { path: "/", below: "x/*/a.txt" },
    ["", " x", " x/y", " x/y/a.txt", " x/z", " x/z/a.txt"],
  ],
  "--parents of a deep pattern": [{ path: "/x", below: "**/b.txt" }, ["x", " y", " y/b.txt"]],
  "--parents behind a pivot": [{ path: "/x", below: "y/*.txt" }, ["x", " y", " y/a.txt", " y/b.txt"]],
  "--parents of a pattern that matches nothing": [{ path: "/x", below: "*.c" }, ["x"]],
};

describe("the sources of a COPY", () => {
  for (const [title, [source, expected]] of Object.entries(cases)) {
    it(`are ${title}`, async () => assert.deepEqual(await selected(source), expected));
  }

  it("have no time of their own where they only lead to what was asked for, or are all there is", async () => {
    const timeless = async (source: Source, filters: Filters = {}): Promise<readonly string[]> =>
      (await selectIn(source, filters))
        .flatMap(({ self, below }) => [self, ...below])
        .flatMap((entry) => (entry.timeless === true ? [`/${entry.path}`] : []));
    assert.deepEqual(await timeless({ path: "/" }), ["/"]);
    assert.deepEqual(await timeless({ path: "/x" }), []);
    assert.deepEqual(await timeless({ path: "/", below: "x/y/a.txt" }), ["/", "/x", "/x/y"]);
    assert.deepEqual(await timeless({ path: "/", below: "x/y" }), ["/", "/x"]);
    assert.deepEqual(await timeless({ path: "/x" }, { exclude: ["y", "!y/b.txt"] }), ["/y"]);
    // An ignored directory comes as it is, as BuildKit's client sends it.
    assert.deepEqual(await timeless({ path: "/x" }, { ignore: "x/y\n!x/y/b.txt" }), []);
  });

  it("leave out what is excluded", async () => {
    assert.deepEqual(await selected({ path: "/x" }, { exclude: ["y", "!y/b.txt", "a.*"] }), [
      "x",
      " y",
      " y/b.txt",
      " z",
      " z/a.txt",
    ]);
  });

  it("leave out what is ignored, but keep the directories of exceptions", async () => {
    const ignore = "*\n!x/y/a.txt\n";
    assert.deepEqual(await selected({ path: "/" }, { ignore }), ["", " x", " x/y", " x/y/a.txt"]);
    assert.deepEqual(await selected({ path: "/*" }, { ignore }), ["x", " y", " y/a.txt"]);
  });

  const missing: Readonly<Record<string, readonly [source: Source, ignore?: string]>> = {
    "a name": [{ path: "/nothing" }],
    "a name below a file": [{ path: "/a.txt/b" }],
    "an ignored file": [{ path: "/a.txt" }, "*.txt"],
    "an ignored directory": [{ path: "/x/y" }, "x/y"],
    "something in an ignored directory": [{ path: "/x/y/a.txt" }, "x"],
    "what an ignored link leads to": [{ path: "/link/y" }, "link"],
    "what a link leads to that is ignored": [{ path: "/link/y" }, "x/y"],
    "a name with --parents": [{ path: "/", below: "x/nothing" }],
  };
  for (const [title, [source, ignore]] of Object.entries(missing)) {
    it(`are missing for ${title}`, async () => {
      const selecting = selected(source, ignore === undefined ? {} : { ignore });
      await assert.rejects(selecting, { code: "COPY_SOURCE_MISSING" });
    });
  }
});
