import assert from "node:assert/strict";
import { closeSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Context, it } from "mocha";
import type { Digest } from "../../core/digest.ts";
import { chunks, kernel, type TestStore } from "../store/support.ts";
import { rawTar } from "../support/tar-bytes.ts";

/** What a driver does that stacks directories or mounts by overlayfs; images deeper than the 128 layers at which others stop among it. */
export function stackingSuite(open: () => Promise<TestStore>, requires: (test: Context) => void): void {
  it("takes the upper directory of a consumed snapshot for the layer, unpacking nothing", async function () {
    requires(this);
    await using opened = await open();
    const { snapshots, paths } = opened.store;
    const fd = await kernel.openRootfs(await snapshots.prepare("a", []));
    writeFileSync(`/proc/self/fd/${fd}/file`, "x");
    closeSync(fd);
    const layer = await snapshots.commit("a", { consume: true });
    assert.ok(layer !== undefined);
    assert.equal(existsSync(join(paths.layer(layer.diffId), "fs", "file")), true);
  });

  it("makes every overlay a plain one, whatever the kernel's defaults", async function () {
    requires(this);
    await using opened = await open();
    const [mount] = await opened.store.snapshots.prepare("a", [], { volatile: true });
    for (const option of ["index=off", "redirect_dir=off", "metacopy=off", "volatile"])
      assert.ok(mount?.options.includes(option), option);
  });

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
