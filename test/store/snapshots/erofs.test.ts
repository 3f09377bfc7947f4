import assert from "node:assert/strict";
import { existsSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import type { Digest } from "../../../core/digest.ts";
import type { Store } from "../../../store/types.ts";
import { snapshotterSuite } from "../../suites/snapshotter-suite.ts";
import { stackingSuite } from "../../suites/stacking-suite.ts";
import { requiresErofs } from "../../support/requires.ts";
import { paxMember, type RawMember, rawTar } from "../../support/tar-bytes.ts";
import { chunks, readMounted, TestStore } from "../support.ts";

const open = (): Promise<TestStore> => TestStore.open({ driver: "erofs" });

snapshotterSuite("erofs", open, requiresErofs);

describe("erofs", () => {
  beforeEach(function () {
    requiresErofs(this);
  });

  async function adopt(store: Store, ...members: readonly RawMember[]): Promise<Digest> {
    return (await store.layers.adopt(chunks(rawTar(...members)))).diffId;
  }

  it("unpacks nothing: the layer's folder holds the index alone", async () => {
    await using opened = await open();
    const { store } = opened;
    const diffId = await adopt(store, { name: "f", content: "one" });
    assert.deepEqual(await readMounted(await store.snapshots.view([diffId]), "f"), ["one"]);
    assert.equal(existsSync(join(store.paths.layer(diffId), "fs")), false);
    assert.equal(existsSync(join(store.paths.layer(diffId), "layer.erofs")), true);
  });

  const damages: Readonly<Record<string, (index: string) => void>> = {
    missing: (index) => rmSync(index),
    empty: (index) => truncateSync(index, 0),
    cut: (index) => truncateSync(index, 2048),
  };
  for (const [title, damage] of Object.entries(damages)) {
    it(`makes an index that is ${title} again`, async () => {
      await using opened = await open();
      const { store } = opened;
      const diffId = await adopt(store, { name: "f", content: "one" });
      await store.snapshots.view([diffId]);
      damage(join(store.paths.layer(diffId), "layer.erofs"));
      assert.match((await store.check({ quick: true })).problems.join(), /missing or damaged/);
      assert.deepEqual(await readMounted(await store.snapshots.view([diffId]), "f"), ["one"]);
    });
  }

  it("stacks a layer with sparse entries unpacked, among mounted ones", async () => {
    await using opened = await open();
    const { store } = opened;
    const map = "1\n1048572\n4\n".padEnd(512, "\0");
    const layers = [
      await adopt(store, { name: "f", content: "one" }),
      await adopt(
        store,
        paxMember({ "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1048576" }),
        { name: "holes", content: `${map}tail` },
      ),
      await adopt(store, { name: "g", content: "two" }),
    ];
    const found = await readMounted(await store.snapshots.view(layers), "f", "g", "holes");
    assert.deepEqual(found, ["one", "two", "tail".padStart(1 << 20, "\0")]);
  });

  stackingSuite(open, requiresErofs);
});
