import assert from "node:assert/strict";
import { closeSync, readFileSync } from "node:fs";
import type { Context } from "mocha";
import type { Digest } from "../../core/digest.ts";
import { chunks, kernel, type TestStore } from "../store/support.ts";
import { rawTar } from "../support/tar-bytes.ts";

/** Images deeper than the 128 layers at which others stop, with a driver that stacks directories or mounts by overlayfs. */
export function deepStacks(open: () => Promise<TestStore>, requires: (test: Context) => void): void {
  for (const depth of [130, 300]) {
    it(`stacks ${depth} layers`, async function () {
      requires(this);
      await using opened = await open();
      const { store } = opened;
      const layers: Digest[] = [];
      for (let i = 0; i < depth; i++) {
        const tar = rawTar({ name: `f${i}`, content: String(i) }, { name: "last", content: String(i) });
        layers.push((await store.layers.adopt(chunks(tar))).diffId);
      }
      const root = await kernel.openRootfs(await store.snapshots.prepare("deep", layers));
      try {
        const read = (path: string): string => readFileSync(`/proc/self/fd/${root}/${path}`, "utf8");
        const top = String(depth - 1);
        assert.deepEqual([read("f0"), read(`f${top}`), read("last")], ["0", top, top]);
      } finally {
        closeSync(root);
      }
    });
  }
}
