import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { hexOf } from "../../core/digest.ts";
import { query } from "../../store/database.ts";
import type { Store } from "../../store/types.ts";
import { missingDigest, TestStore } from "./support.ts";

/** The root as it is opened first after the machine lost power. */
async function afterPowerLoss(opened: TestStore): Promise<Store> {
  query(opened.store.database, "UPDATE facts SET value = 'before' WHERE name = 'boot'").run();
  return opened.again();
}

// A filesystem may bring a name to the disk whose row is lost, and lose a name whose row is there.
describe("the store after a power loss", () => {
  it("removes blobs, trees and snapshots whose rows were lost", async () => {
    await using opened = await TestStore.open();
    const { paths } = opened.store;
    const strays = [paths.blob(missingDigest), paths.layer(missingDigest), paths.snapshot("lost")];
    const [blob = "", ...folders] = strays;
    writeFileSync(blob, "of nobody");
    for (const folder of folders) mkdirSync(`${folder}/fs`, { recursive: true });
    await using again = await afterPowerLoss(opened);
    assert.deepEqual(strays.filter(existsSync), []);
    assert.deepEqual((await again.check()).problems, []);
  });

  it("does not believe the tree of a layer that was being deleted", async () => {
    await using opened = await TestStore.open();
    const { paths, content, database } = opened.store;
    const layer = await content.put(Buffer.from("a layer"));
    const tree = paths.layer(layer.digest);
    mkdirSync(`${tree}/fs`, { recursive: true });
    const layers = JSON.stringify([layer.digest]);
    query(database, "INSERT INTO derived (id, layers, durable) VALUES (?, ?, 1)").run(layer.digest, layers);
    query(database, "UPDATE blobs SET doomed = 1 WHERE digest = ?").run(layer.digest);
    await using again = await afterPowerLoss(opened);
    assert.equal(again.content.stat(layer.digest), undefined);
    assert.equal(existsSync(tree), false, hexOf(layer.digest));
    assert.deepEqual((await again.check()).problems, []);
  });
});
