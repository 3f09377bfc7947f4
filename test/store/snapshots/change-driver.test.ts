import assert from "node:assert/strict";
import { closeSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { isCode } from "../../../core/errors.ts";
import type { Mount } from "../../../core/mount.ts";
import { requiresErofs, requiresRoot } from "../../support/requires.ts";
import { rawTar } from "../../support/tar-bytes.ts";
import { chunks, kernel, TestStore } from "../support.ts";

const BASE = rawTar({ name: "kept", content: "kept" }, { name: "gone", content: "gone" });
const UPPER = rawTar({ name: "above", content: "above" });

async function inside<T>(mounts: readonly Mount[], work: (root: string) => T): Promise<T> {
  const fd = await kernel.openRootfs(mounts);
  try {
    return work(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

const contents = (root: string): readonly (string | undefined)[] =>
  ["kept", "gone", "above", "written"]
    .map((name) => join(root, name))
    .map((path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined));

const PAIRS = [
  ["overlay2", "erofs"],
  ["erofs", "overlay2"],
] as const;

describe("changing the snapshot driver of a root", () => {
  for (const [from, to] of PAIRS) {
    it(`goes on with the snapshots of ${from} by ${to}, beside a process that has ${from} still`, async function () {
      requiresErofs(this);
      await using opened = await TestStore.open({ driver: from });
      const before = opened.store;
      const layers = [
        (await before.layers.adopt(chunks(BASE))).diffId,
        (await before.layers.adopt(chunks(UPPER))).diffId,
      ];
      const old = await before.snapshots.prepare("a", layers);
      await inside(old, (root) => {
        writeFileSync(join(root, "written"), "written");
        rmSync(join(root, "gone"));
      });
      const want = ["kept", undefined, "above", "written"];

      await using after = await opened.again({ driver: to });
      assert.deepEqual(after.driver, { name: to, reason: `asked for in place of ${from}` });
      assert.deepEqual(await inside(await after.snapshots.mounts("a"), contents), want);
      const committed = await after.snapshots.commit("a");
      assert.ok(committed !== undefined);
      // Mounts that were handed out before the change are good still.
      assert.deepEqual(await inside(old, contents), want);
      assert.deepEqual(
        await inside(await before.snapshots.view([...layers, committed.diffId]), contents),
        want,
      );
      assert.deepEqual((await after.check()).problems, ["snapshot a: nothing owns it"]);

      await using kept = await opened.again();
      assert.equal(kept.driver.name, to);
    });
  }

  it("is refused where snapshots mean something else, and changes nothing", async function () {
    requiresRoot(this);
    await using opened = await TestStore.open({ driver: "overlay2" });
    await assert.rejects(opened.again({ driver: "vfs" }), (error) => isCode(error, "STORE_DRIVER_MISMATCH"));
    await using again = await opened.again();
    assert.equal(again.driver.name, "overlay2");
  });
});
