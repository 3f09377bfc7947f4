import assert from "node:assert/strict";
import { closeSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { deepStacks } from "../../suites/deep-stacks.ts";
import { snapshotterSuite } from "../../suites/snapshotter-suite.ts";
import { requiresOverlay } from "../../support/requires.ts";
import { kernel, TestStore } from "../support.ts";

snapshotterSuite("overlay2", () => TestStore.open({ driver: "overlay2" }));

describe("overlay2", () => {
  it("takes the upper directory of a consumed snapshot for the layer, unpacking nothing", async function () {
    requiresOverlay(this);
    await using opened = await TestStore.open();
    const { snapshots, paths } = opened.store;
    const fd = await kernel.openRootfs(await snapshots.prepare("a", []));
    writeFileSync(`/proc/self/fd/${fd}/file`, "x");
    closeSync(fd);
    const layer = await snapshots.commit("a", { consume: true });
    assert.ok(layer !== undefined);
    assert.equal(existsSync(join(paths.layer(layer.diffId), "fs", "file")), true);
  });

  it("makes every overlay a plain one, whatever the kernel's defaults", async function () {
    requiresOverlay(this);
    await using opened = await TestStore.open();
    const [mount] = await opened.store.snapshots.prepare("a", [], { volatile: true });
    for (const option of ["index=off", "redirect_dir=off", "metacopy=off", "volatile"])
      assert.ok(mount?.options.includes(option), option);
  });

  deepStacks(() => TestStore.open({ driver: "overlay2" }), requiresOverlay);
});
