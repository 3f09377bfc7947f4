import assert from "node:assert/strict";
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, it } from "mocha";
import { type Digest, digestOf } from "../../core/digest.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import { query } from "../../store/database.ts";
import type { Store } from "../../store/types.ts";
import { chunks, TestStore } from "./support.ts";

const tar = Buffer.alloc(10_240, "no tar, but nobody looks\n");
const diffId = digestOf(tar);
const zipped = gzipSync(tar);
const blob = { mediaType: MEDIA_TYPES.layerGzip, digest: digestOf(zipped), size: zipped.byteLength };

const isDurable = ({ database }: Store, digest: Digest): boolean | undefined => {
  const row = query<{ durable: number }>(database, "SELECT durable FROM blobs WHERE digest = ?").get(digest);
  return row && row.durable === 1;
};

/** The root as it is opened first after the machine lost power. */
async function afterPowerLoss(opened: TestStore): Promise<Store> {
  query(opened.store.database, "UPDATE facts SET value = 'before' WHERE name = 'boot'").run();
  return opened.again();
}

describe("layers with two forms", () => {
  /** A store that pulled a layer, with its compressed form alone on the disk. */
  async function pulled(): Promise<TestStore> {
    const opened = await TestStore.open();
    await opened.store.layers.adopt(chunks(zipped), { blob, diffId });
    await opened.store.flush();
    assert.deepEqual([isDurable(opened.store, blob.digest), isDurable(opened.store, diffId)], [true, false]);
    return opened;
  }

  for (const [title, damage] of [
    ["intact", () => undefined],
    ["gone", (path: string) => rmSync(path)],
    ["cut short", (path: string) => truncateSync(path, 512)],
    ["full of zeros", (path: string) => writeFileSync(path, Buffer.alloc(tar.byteLength))],
  ] as const) {
    it(`are there after a power loss when the tar is ${title}`, async () => {
      await using opened = await pulled();
      damage(opened.store.paths.blob(diffId));
      await using again = await afterPowerLoss(opened);
      assert.deepEqual(readFileSync(again.content.path(diffId)), tar);
      assert.equal(isDurable(again, diffId), true);
      assert.deepEqual(again.layers.blobs(diffId), [blob]);
      assert.deepEqual((await again.check()).problems, []);
    });
  }

  it("are forgotten after a power loss when both are damaged", async () => {
    await using opened = await pulled();
    for (const digest of [diffId, blob.digest]) truncateSync(opened.store.paths.blob(digest), 100);
    await using again = await afterPowerLoss(opened);
    assert.equal(again.layers.stat(diffId), undefined);
  });

  it("are compressed again after a power loss, to the same bytes", async () => {
    await using opened = await TestStore.open();
    await opened.store.layers.adopt(chunks(tar));
    await opened.store.flush();
    const made = await opened.store.layers.compressed(diffId, "gzip");
    await opened.store.flush();
    assert.deepEqual([isDurable(opened.store, diffId), isDurable(opened.store, made.digest)], [true, false]);
    await using again = await afterPowerLoss(opened);
    assert.deepEqual(again.layers.blobs(diffId), []);
    assert.deepEqual(await again.layers.compressed(diffId, "gzip"), made);
  });

  it("are both on the disk after a collection", async () => {
    await using opened = await pulled();
    opened.store.leases.open("test").blob(diffId);
    await opened.store.collect();
    assert.equal(isDurable(opened.store, diffId), true);
  });

  it("are brought to the disk one by one", async () => {
    await using opened = await pulled();
    await opened.store.content.settle(diffId);
    assert.equal(isDurable(opened.store, diffId), true);
  });
});
