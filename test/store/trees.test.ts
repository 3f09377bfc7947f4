import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { loadKernel } from "../../native/binding.ts";
import { KernelTreeOpener } from "../../store/trees.ts";
import type { Tree } from "../../store/types.ts";
import { requiresNativeCore, requiresRoot } from "../support/requires.ts";
import { Scratch } from "../support/scratch.ts";

/** Numbers that no driver has: opening a node of them fails with ENXIO. */
const NO_DRIVER = ["c", "511", "0"];

describe("store/trees", () => {
  let scratch: Scratch;
  let tree: Tree;
  before(async function () {
    requiresRoot(this);
    requiresNativeCore(this);
    scratch = new Scratch();
    for (const [name, ...kind] of [
      ["device", ...NO_DRIVER],
      ["fifo", "p"],
    ])
      spawnSync("mknod", [scratch.join(String(name)), ...kind]);
    mkdirSync(scratch.join("directory"));
    writeFileSync(scratch.join("file"), "content");
    symlinkSync("/file", scratch.join("link"));
    tree = await new KernelTreeOpener(loadKernel()).openDirectory(scratch.path);
  });
  after(() => {
    tree?.[Symbol.dispose]();
    scratch?.[Symbol.dispose]();
  });

  it("reads a file, through links that end in the tree, or none", () =>
    assert.deepEqual(
      ["file", "link", "nothing"].map((path) => tree.readText(path)),
      ["content", "content", undefined],
    ));

  for (const path of ["device", "fifo", "directory"]) {
    it(`does not open a ${path} that has the name of a file`, () =>
      assert.throws(() => tree.readText(path), { code: "FILE_UNSUITABLE" }));
  }
});
