import assert from "node:assert/strict";
import {
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { describe, it } from "mocha";
import { digestOf } from "../../core/digest.ts";
import { isCode } from "../../core/errors.ts";
import { loadKernel } from "../../native/binding.ts";
import { FileContentStore } from "../../store/content/file-content-store.ts";
import { query } from "../../store/database.ts";
import { missingDigest, TestStore, text } from "./support.ts";

const hello = Buffer.from("hello");

describe("content store", () => {
  it("stores a document under its digest, once", async () => {
    await using opened = await TestStore.open();
    const { content, paths } = opened.store;
    const blob = await content.put(hello);
    assert.deepEqual(blob, { digest: digestOf(hello), size: 5 });
    const { ino } = statSync(paths.blob(blob.digest));
    await content.put(hello);
    assert.equal(statSync(paths.blob(blob.digest)).ino, ino);
    assert.deepEqual(content.stat(blob.digest), blob);
    assert.deepEqual([...content.list()], [blob]);
    assert.equal(await text(await content.read(blob.digest)), "hello");
    assert.equal((await content.readDocument(blob.digest)).toString(), "hello");
    assert.deepEqual(readdirSync(paths.ingest), []);
  });

  it("reads a range, clipped to the blob", async () => {
    await using opened = await TestStore.open();
    const { content } = opened.store;
    const { digest } = await content.put(hello);
    const ranges = [
      [{ start: 1, end: 3 }, "el"],
      [{ start: 3 }, "lo"],
      [{ start: 5 }, ""],
      [{ start: 0, end: 99 }, "hello"],
    ] as const;
    for (const [range, want] of ranges) assert.equal(await text(await content.read(digest, range)), want);
  });

  it("knows nothing of a blob that was never stored", async () => {
    await using opened = await TestStore.open();
    const { content } = opened.store;
    const unknown = (error: unknown): boolean => isCode(error, "BLOB_UNKNOWN");
    assert.equal(content.stat(missingDigest), undefined);
    await assert.rejects(content.read(missingDigest), unknown);
    await assert.rejects(content.readDocument(missingDigest), unknown);
    assert.throws(() => content.path(missingDigest), unknown);
    await content.delete(missingDigest);
  });

  it("keeps what is being written invisible until it is committed, and drops it when it is not", async () => {
    await using opened = await TestStore.open();
    const { content, paths } = opened.store;
    const digest = digestOf(hello);
    {
      await using ingest = await content.ingest();
      writeSync(ingest.fd, hello);
      assert.equal(content.stat(digest), undefined);
      assert.equal(readdirSync(paths.ingest).length, 1);
    }
    assert.deepEqual(readdirSync(paths.ingest), []);
    await using ingest = await content.ingest();
    writeSync(ingest.fd, hello);
    await ingest.commit({ digest, size: 5 });
    assert.deepEqual(content.stat(digest), { digest, size: 5 });
    assert.deepEqual(readdirSync(paths.ingest), []);
  });

  it("refuses to commit a file of another size than announced", async () => {
    await using opened = await TestStore.open();
    const { content, paths } = opened.store;
    const ingest = await content.ingest();
    writeSync(ingest.fd, hello);
    await assert.rejects(ingest.commit({ digest: digestOf(hello), size: 6 }), (error) =>
      isCode(error, "SIZE_MISMATCH"),
    );
    assert.deepEqual(readdirSync(paths.ingest), []);
  });

  it("refuses a document that is none by its size", async () => {
    await using opened = await TestStore.open();
    const { digest } = await opened.store.content.put(Buffer.alloc((8 << 20) + 1));
    await assert.rejects(opened.store.content.readDocument(digest), (error) =>
      isCode(error, "BLOB_TOO_LARGE"),
    );
  });

  it("reports flipped bits at the end of a full read and of a document", async () => {
    await using opened = await TestStore.open();
    const { content, paths } = opened.store;
    const { digest } = await content.put(hello);
    writeFileSync(paths.blob(digest), "hellO");
    const mismatch = (error: unknown): boolean => isCode(error, "DIGEST_MISMATCH");
    await assert.rejects(async () => text(await content.read(digest)), mismatch);
    await assert.rejects(content.readDocument(digest), mismatch);
  });

  for (const [title, damage] of [
    ["lost", (path: string) => rmSync(path)],
    ["cut short", (path: string) => truncateSync(path, 2)],
  ] as const) {
    it(`stores a blob again whose file was ${title}`, async () => {
      await using opened = await TestStore.open();
      const { content, paths } = opened.store;
      const { digest } = await content.put(hello);
      damage(paths.blob(digest));
      assert.equal(content.stat(digest), undefined);
      await content.put(hello);
      assert.equal((await content.readDocument(digest)).toString(), "hello");
    });
  }

  it("deletes a blob for good, and can store it again", async () => {
    await using opened = await TestStore.open();
    const { content, paths } = opened.store;
    const { digest } = await content.put(hello);
    await content.delete(digest);
    assert.equal(content.stat(digest), undefined);
    assert.equal(existsSync(paths.blob(digest)), false);
    await content.put(hello);
    assert.equal((await content.readDocument(digest)).toString(), "hello");
  });

  it("after a power loss believes only what was flushed", async () => {
    await using opened = await TestStore.open();
    const { content, database, paths } = opened.store;
    const kept = [await content.put(hello), await content.put(Buffer.from("flushed"), { sync: false })];
    await opened.store.flush();
    const lost = await content.put(Buffer.from("not flushed"), { sync: false });
    query(database, "UPDATE facts SET value = 'before' WHERE name = 'boot'").run();
    const again = await opened.again();
    for (const { digest } of kept) assert.notEqual(again.content.stat(digest), undefined);
    assert.equal(again.content.stat(lost.digest), undefined);
    assert.equal(existsSync(paths.blob(lost.digest)), false);
    await again[Symbol.asyncDispose]();
  });

  it("writes a blob again that another process has not flushed yet", async () => {
    await using opened = await TestStore.open();
    const other = await opened.again();
    const { digest } = await other.content.put(hello, { sync: false });
    await opened.store.content.put(hello);
    const row = query(opened.store.database, "SELECT durable FROM blobs WHERE digest = ?").get(digest);
    assert.deepEqual(row, { durable: 1 });
    // The late one does not take the promise back.
    await other.content.put(hello, { sync: false });
    await other.flush();
    assert.deepEqual(query(other.database, "SELECT durable FROM blobs").all(), [{ durable: 1 }]);
    await other[Symbol.asyncDispose]();
  });

  it("syncs many blobs at once", async () => {
    await using opened = await TestStore.open();
    const { content, database } = opened.store;
    for (let i = 0; i < 40; i += 1) await content.put(Buffer.from(`${i}`), { sync: false });
    await opened.store.flush();
    assert.deepEqual(query(database, "SELECT count(*) AS n FROM blobs WHERE durable = 1").all(), [{ n: 40 }]);
  });

  for (const more of [0, 20])
    it(`tells at a flush of ${more + 1} what failed since it was begun for one`, async () => {
      await using opened = await TestStore.open();
      const { paths, database } = opened.store;
      const content = new FileContentStore(paths, database, loadKernel());
      const { digest } = await content.put(hello, { sync: false });
      for (let i = 0; i < more; i += 1) await content.put(Buffer.from(`${i}`), { sync: false });
      // No file can be opened or synced through a link to itself.
      renameSync(paths.blob(digest), `${paths.blob(digest)}.away`);
      symlinkSync(paths.blob(digest), paths.blob(digest));
      content.beginFlush(digest);
      rmSync(paths.blob(digest));
      renameSync(`${paths.blob(digest)}.away`, paths.blob(digest));
      await assert.rejects(content.flush(), { code: "ELOOP" });
      await content.flush();
      assert.deepEqual(query(database, "SELECT count(*) AS n FROM blobs WHERE durable = 0").all(), [
        { n: 0 },
      ]);
    });

  it("stops reading when the signal fires", async () => {
    await using opened = await TestStore.open();
    const { digest } = await opened.store.content.put(Buffer.alloc(3 << 20));
    const abort = new AbortController();
    const reading = async (): Promise<void> => {
      for await (const _ of await opened.store.content.read(digest, undefined, { signal: abort.signal }))
        abort.abort();
    };
    await assert.rejects(reading(), { name: "AbortError" });
  });

  it("shows its folders to nobody else", async () => {
    await using opened = await TestStore.open();
    const { paths } = opened.store;
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    const { root, layers, snapshots, containers, volumes, ingest, locks, uploads } = paths;
    const blobs = [paths.blobs("sha256"), paths.blobs("sha512")];
    for (const folder of [root, ...blobs, layers, snapshots, containers, volumes, ingest, locks, uploads])
      assert.equal(mode(folder), "700", folder);
    const { digest } = await opened.store.content.put(hello);
    assert.equal(mode(paths.blob(digest)), "600");
  });
});
