import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { deferred } from "../../core/deferred.ts";
import { ownerOfTemporary } from "../../store/content/temporary.ts";
import { thisOwner } from "../../store/owner.ts";
import { Paths } from "../../store/paths.ts";
import { Trash } from "../../store/trash.ts";
import { recordingKernel } from "../support/recording-kernel.ts";
import { Scratch } from "../support/scratch.ts";
import { kernel } from "./support.ts";

describe("the trash of a store", () => {
  let scratch: Scratch;
  let paths: Paths;
  beforeEach(() => {
    scratch = new Scratch();
    paths = new Paths(scratch.path);
    mkdirSync(paths.ingest);
  });
  afterEach(() => scratch[Symbol.dispose]());

  function tree(name: string): string {
    const path = scratch.join(name);
    mkdirSync(`${path}/folder`, { recursive: true });
    writeFileSync(`${path}/folder/file`, "");
    return path;
  }

  it("frees a path at once, and has removed what was there when it is disposed of", async () => {
    const removing = deferred();
    const slow = recordingKernel({
      removeTree: async (path) => removing.promise.then(() => kernel.removeTree(path)),
    });
    const trash = new Trash(paths, slow.kernel);
    await trash.put(tree("a"));
    assert.equal(existsSync(scratch.join("a")), false);
    // As a temporary file of this process: the next who opens the root removes it if this one is killed.
    assert.deepEqual(readdirSync(paths.ingest).map(ownerOfTemporary), [thisOwner()]);
    await trash.put(tree("a"));
    removing.resolve();
    await trash[Symbol.asyncDispose]();
    assert.deepEqual(readdirSync(paths.ingest), []);
  });

  it("takes nothing for something", async () => {
    await using trash = new Trash(paths, kernel);
    await trash.put(scratch.join("absent"));
  });

  it("takes no more while there is much to remove", async () => {
    const removals: (() => void)[] = [];
    const slow = recordingKernel({
      removeTree: () => new Promise((resolve) => removals.push(() => resolve(undefined))),
    });
    const trash = new Trash(paths, slow.kernel);
    const trees = Array.from({ length: 9 }, (_, i) => tree(`tree${i}`));
    const put = trees.map((path) => trash.put(path));
    await Promise.all(put.slice(0, 8));
    assert.deepEqual(trees.filter(existsSync), trees.slice(8));
    removals[3]?.();
    await put[8];
    assert.deepEqual(trees.filter(existsSync), []);
    for (const finish of removals) finish();
    await trash[Symbol.asyncDispose]();
  });

  it("removes in place what cannot be moved", async () => {
    const { kernel: recording, calls } = recordingKernel({ removeTree: async () => undefined });
    const nowhere = new Trash(new Paths(scratch.join("elsewhere")), recording);
    mkdirSync(scratch.join("elsewhere"));
    writeFileSync(scratch.join("elsewhere/ingest"), "no folder");
    const path = tree("a");
    await nowhere.put(path);
    assert.deepEqual(
      calls.map(({ args }) => args[0]),
      [path],
    );
  });
});
