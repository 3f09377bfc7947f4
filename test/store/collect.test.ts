import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { query } from "../../store/database.ts";
import { runProcesses, Worker } from "./processes.ts";
import { imageConfig, missingDigest, TestStore } from "./support.ts";

describe("garbage collection", () => {
  it("keeps what a tagged or untagged image needs, and frees it with the image", async () => {
    await using opened = await TestStore.open();
    const { content, images, layers } = opened.store;
    const layer = await content.put(Buffer.from("layer"));
    const zipped = await content.put(Buffer.from("zipped"));
    layers.addBlob(layer.digest, { mediaType: "application/x", ...zipped });
    const image = await images.publish({ config: imageConfig("a", [layer.digest]) });
    await content.put(Buffer.from("garbage"));
    assert.deepEqual(await opened.store.collect(), { blobs: 1, layers: 0, bytes: 7 });
    assert.equal([...content.list()].length, 4);
    assert.deepEqual(layers.blobs(layer.digest), [{ mediaType: "application/x", ...zipped }]);
    images.remove(image.id);
    const collected = await opened.store.collect();
    assert.equal(collected.blobs, 4);
    assert.deepEqual([...content.list()], []);
    assert.equal(layers.layerOf(zipped.digest), undefined);
  });

  it("leaves what was written since the oldest lease was opened, and what a lease claims", async () => {
    await using opened = await TestStore.open();
    const { content, leases } = opened.store;
    const old = await content.put(Buffer.from("old"));
    const claimed = await content.put(Buffer.from("claimed"));
    const lease = leases.open("a build");
    const young = await content.put(Buffer.from("young"));
    lease.blob(claimed.digest);
    await opened.store.collect();
    assert.equal(content.stat(old.digest), undefined);
    assert.notEqual(content.stat(claimed.digest), undefined);
    assert.notEqual(content.stat(young.digest), undefined);
    // Writing again what is there counts as writing.
    await content.put(Buffer.from("claimed"));
    await lease[Symbol.asyncDispose]();
    assert.equal((await opened.store.collect()).blobs, 2);
  });

  it("asks every view of the schema that lists roots", async () => {
    await using opened = await TestStore.open();
    const { content, database } = opened.store;
    const { digest } = await content.put(Buffer.from("cached"));
    database.exec(`CREATE VIEW roots_test AS SELECT '${digest}' AS digest UNION ALL SELECT NULL`);
    assert.equal((await opened.store.collect()).blobs, 0);
    database.exec("DROP VIEW roots_test");
    assert.equal((await opened.store.collect()).blobs, 1);
  });

  it("finishes a deletion that was interrupted", async () => {
    await using opened = await TestStore.open();
    const { content, database, paths } = opened.store;
    const { digest } = await content.put(Buffer.from("x"));
    query(database, "UPDATE blobs SET doomed = 1").run();
    assert.equal(content.stat(digest), undefined);
    assert.deepEqual(await opened.store.collect(), { blobs: 1, layers: 0, bytes: 1 });
    assert.equal(existsSync(paths.blob(digest)), false);
  });

  it("runs beside processes that write, tag and collect, and loses nothing of theirs", async function () {
    this.timeout(60_000);
    await using opened = await TestStore.open();
    await runProcesses(4, "churn", opened.root);
    const { images } = opened.store;
    assert.equal(images.list().length, 15);
    for (const number of [0, 1, 2, 3]) assert.notEqual(images.find(`own:${number}`), undefined);
    assert.deepEqual((await opened.store.check()).problems, []);
  });

  it("takes away a file that a killed writer left without a row", async () => {
    await using opened = await TestStore.open();
    const stray = opened.store.paths.blob(missingDigest);
    writeFileSync(stray, "never stored");
    await opened.store.collect();
    assert.equal(existsSync(stray), false);
  });

  it("finds a root in order after a writer was killed at any moment", async function () {
    this.timeout(60_000);
    await using opened = await TestStore.open();
    for (const delay of [0, 7, 23, 61]) {
      await using worker = new Worker("write", opened.root);
      await worker.ready();
      await new Promise((resolve) => setTimeout(resolve, delay));
      await worker.kill();
    }
    const again = await opened.again();
    assert.deepEqual((await again.check()).problems, []);
    await again.collect();
    assert.deepEqual((await again.check()).problems, []);
    await again[Symbol.asyncDispose]();
  });
});

describe("the store's check", () => {
  it("finds nothing wrong with a good root", async () => {
    await using opened = await TestStore.open();
    const { content, images } = opened.store;
    const { digest } = await content.put(Buffer.from("layer"));
    await images.publish({ config: imageConfig("a", [digest]) }, ["a"]);
    const report = await opened.store.check();
    assert.deepEqual(report.problems, []);
    assert.equal(report.checked["blobs"], 3);
  });

  it("names each thing that is wrong", async () => {
    await using opened = await TestStore.open();
    const { content, images, paths, database } = opened.store;
    const put = async (name: string) => (await content.put(Buffer.from(name))).digest;
    const [flipped, cut, lost, used] = [
      await put("flip"),
      await put("cut"),
      await put("lost"),
      await put("used"),
    ];
    const image = await images.publish({ config: imageConfig("a", [used]) }, ["a"]);
    writeFileSync(paths.blob(flipped), "flop");
    writeFileSync(paths.blob(cut), "c");
    rmSync(paths.blob(lost));
    await content.delete(used);
    writeFileSync(join(paths.blobs("sha256"), "f".repeat(64)), "");
    writeFileSync(join(paths.ingest, "000000000000-1-1.1"), "");
    mkdirSync(paths.snapshot("stray"));
    mkdirSync(paths.layer(missingDigest));
    query(database, "INSERT INTO snapshots VALUES ('gone', '[]', 0)").run();
    query(database, "INSERT INTO leases VALUES ('l', 'a build', '000000000000-1-1', 0, 0)").run();
    const { problems } = await opened.store.check();
    const expected = [
      `blob ${flipped}: its file has the digest `,
      `blob ${cut}: its file has 1 bytes, expected 3`,
      `blob ${lost}: its file is missing`,
      `file blobs/sha256/${"f".repeat(64)}: nothing knows it`,
      `image ${image.id}: ${used} is missing`,
      "directory layers/",
      "snapshot gone: its directory is missing",
      "snapshot gone: nothing owns it",
      "directory snapshots/stray: nothing knows it",
      "lease of a build: its process is gone",
      "file ingest/000000000000-1-1.1: its process is gone",
    ];
    for (const line of expected)
      assert.ok(
        problems.some((problem) => problem.startsWith(line)),
        `${line}\nin ${problems.join("\n")}`,
      );
    assert.equal(problems.length, expected.length);
    assert.equal(readdirSync(paths.blobs("sha256")).includes("f".repeat(64)), true);
    const quick = await opened.store.check({ quick: true });
    assert.equal(quick.problems.length, expected.length - 1);
  });
});
