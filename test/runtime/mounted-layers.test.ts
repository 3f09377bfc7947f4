import assert from "node:assert/strict";
import { readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, it } from "mocha";
import type { Mount } from "../../core/mount.ts";
import { MountedLayers } from "../../runtime/mounted-layers.ts";
import { chunks, kernel, readMounted, TestStore } from "../store/support.ts";
import { requiresErofs } from "../support/requires.ts";
import { rawTar } from "../support/tar-bytes.ts";

/** Descriptors of a mounted layer that this process has. */
function held(path: string): boolean {
  try {
    return readlinkSync(path) === "/";
  } catch {
    return false;
  }
}

describe("runtime/mounted-layers", () => {
  beforeEach(function () {
    requiresErofs(this);
  });

  /** Two layers, as a build step gets them; and how often something was mounted. */
  async function open() {
    const opened = await TestStore.open({ driver: "erofs" });
    const { layers, snapshots } = opened.store;
    const files = await Promise.all(
      ["a", "b"].map((name) => layers.adopt(chunks(rawTar({ name, content: name })))),
    );
    const rootfs = await snapshots.prepare(
      "step",
      files.map(({ diffId }) => diffId),
    );
    const mounted: string[] = [];
    const counting = {
      openRootfs: (mounts: readonly Mount[]) => {
        mounted.push(...mounts.map(({ type }) => type));
        return kernel.openRootfs(mounts);
      },
    };
    return { opened, rootfs, mounted, layers: new MountedLayers(counting) };
  }

  const lowest = (rootfs: readonly Mount[]): string =>
    rootfs
      .at(-1)
      ?.options.findLast((option) => option.startsWith("lowerdir+="))
      ?.slice("lowerdir+=".length) ?? "";

  it("mounts a layer once for all who use it, and leaves their own mounts", async () => {
    const { opened, rootfs, mounted, layers } = await open();
    await using _store = opened;
    await using _layers = layers;
    using first = await layers.use(rootfs);
    using second = await layers.use(rootfs);
    assert.deepEqual(mounted, ["erofs", "erofs"]);
    assert.deepEqual(second.rootfs, first.rootfs);
    assert.deepEqual(
      first.rootfs.map(({ type }) => type),
      ["overlay"],
    );
    assert.deepEqual(await readMounted(first.rootfs, "a", "b"), ["a", "b"]);
  });

  it("lets go of a layer that nobody has used for a while, and of all when it is disposed", async () => {
    const { opened, rootfs, mounted, layers } = await open();
    await using _store = opened;
    const first = await layers.use(rootfs);
    const path = lowest(first.rootfs);
    first[Symbol.dispose]();
    assert.ok(held(path));
    while (held(path)) await sleep(50);
    using second = await layers.use(rootfs);
    assert.equal(mounted.length, 4);
    assert.deepEqual(await readMounted(second.rootfs, "a"), ["a"]);
    await layers[Symbol.asyncDispose]();
    assert.ok(!held(lowest(second.rootfs)));
  });

  it("tells everybody of a layer that cannot be mounted, and tries it again for the next", async () => {
    const { opened, rootfs, mounted, layers } = await open();
    await using _store = opened;
    await using _layers = layers;
    const [lower, ...rest] = rootfs;
    assert.ok(lower !== undefined);
    const wrong = [{ ...lower, source: `${lower.source}.missing` }, ...rest];
    const outcomes = await Promise.allSettled([layers.use(wrong), layers.use(wrong)]);
    for (const outcome of outcomes) {
      assert.equal(outcome.status, "rejected");
      assert.match(String(outcome.reason), /missing|ENOENT/);
    }
    const before = mounted.length;
    await assert.rejects(layers.use(wrong));
    assert.equal(mounted.length, before + 1);
    using right = await layers.use(rootfs);
    assert.deepEqual(await readMounted(right.rootfs, "a", "b"), ["a", "b"]);
  });

  it("changes nothing where layers are directories", async () => {
    const { layers, opened } = await open();
    await using _store = opened;
    await using _layers = layers;
    const rootfs: readonly Mount[] = [
      { type: "overlay", source: "overlay", options: ["lowerdir+=/a", "lowerdir+=/b", "ro"] },
    ];
    using same = await layers.use(rootfs);
    assert.deepEqual(same.rootfs, rootfs);
  });
});
