import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { type Digest, digestOf } from "../../core/digest.ts";
import { isCode } from "../../core/errors.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import type { PruneOptions, PutManifest } from "../../registry/storage/registry-metadata.ts";
import type { RegistryStorage } from "../../registry/storage/registry-storage.ts";

export interface OpenedStorage extends AsyncDisposable {
  readonly storage: RegistryStorage;
  /** Opens the same storage as a process does that starts after this one was killed. */
  readonly again: () => Promise<OpenedStorage>;
}

const UPLOAD = "11111111-2222-3333-4444-555555555555";
const FUTURE = new Date(Date.now() + 3_600_000);
const hello = { digest: digestOf("hello world"), size: 11 };

async function* bytes(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}
async function* broken(part: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(part);
  throw new Error("connection reset");
}
async function content(storage: RegistryStorage, digest: Digest): Promise<string> {
  return Buffer.concat(await (await storage.blobs.read(digest)).toArray()).toString();
}
async function pushBlob(storage: RegistryStorage, repository: string, text: string): Promise<Digest> {
  await using _hold = await storage.metadata.hold([digestOf(text)]);
  const blob = await storage.blobs.put(Buffer.from(text), "sha256");
  await storage.metadata.linkBlob(repository, blob);
  return blob.digest;
}
/** A manifest that is no document: the storage does not read it. */
async function pushManifest(
  storage: RegistryStorage,
  repository: string,
  name: string,
  more: Partial<PutManifest> = {},
): Promise<Digest> {
  await using _hold = await storage.metadata.hold([digestOf(name)]);
  const blob = await storage.blobs.put(Buffer.from(name), "sha256");
  const manifest = { mediaType: MEDIA_TYPES.manifest, blobs: [], manifests: [], tags: [], sparse: false };
  await storage.metadata.putManifest(repository, { ...manifest, ...blob, ...more });
  return blob.digest;
}
const prune = (storage: RegistryStorage, options: Partial<PruneOptions> = {}) =>
  storage.metadata.prune({ before: FUTURE, abandoned: FUTURE, untagged: false, dryRun: false, ...options });
/** A time after all that was done, and not after what is done next. */
async function nextMillisecond(): Promise<Date> {
  const now = Date.now();
  while (Date.now() === now) await new Promise((resolve) => setImmediate(resolve));
  return new Date(now + 1);
}
const digests = (rows: readonly { readonly digest: Digest }[]) => rows.map(({ digest }) => digest).sort();

const CHECKS: Readonly<Record<string, (opened: OpenedStorage) => Promise<void>>> = {
  "an upload can be read while it grows, and after its end": async ({ storage: { blobs } }) => {
    await blobs.begin(UPLOAD);
    await using view = await blobs.view(UPLOAD);
    const read = async (start: number) => Buffer.from(await view.read(start, 100)).toString();
    assert.equal(await read(0), "");
    const lengths: number[] = [];
    const written = (length: number): void => void lengths.push(length);
    await blobs.append(UPLOAD, bytes("hello "), { algorithm: "sha256", written });
    assert.deepEqual([await read(0), lengths.at(-1)], ["hello ", 6]);
    await blobs.append(UPLOAD, bytes("wor", "ld"), { algorithm: "sha256", written });
    assert.deepEqual([await read(6), lengths.at(-1)], ["world", 11]);
    await blobs.commit(UPLOAD, hello.digest);
    assert.equal(await read(4), "o world");
    await assert.rejects(blobs.view(UPLOAD), { code: "UPLOAD_UNKNOWN" });
  },
  "an upload grows by what is appended and becomes a blob": async ({ storage: { blobs } }) => {
    await blobs.begin(UPLOAD);
    assert.equal(await blobs.received(UPLOAD), 0);
    assert.equal(await blobs.append(UPLOAD, bytes("hel", "lo "), { algorithm: "sha256" }), 6);
    assert.equal(await blobs.append(UPLOAD, bytes("world"), { algorithm: "sha256", length: 5 }), 11);
    assert.equal(await blobs.stat(hello.digest), undefined);
    assert.deepEqual(await blobs.commit(UPLOAD, hello.digest), hello);
    assert.deepEqual(await blobs.stat(hello.digest), hello);
    assert.equal(await blobs.received(UPLOAD), undefined);
  },
  "an upload goes on in another process": async ({ storage: { blobs }, again }) => {
    await blobs.begin(UPLOAD);
    await blobs.append(UPLOAD, bytes("hello "), { algorithm: "sha256" });
    await using next = await again();
    assert.equal(await next.storage.blobs.received(UPLOAD), 6);
    await next.storage.blobs.append(UPLOAD, bytes("world"), { algorithm: "sha256" });
    assert.deepEqual(await next.storage.blobs.commit(UPLOAD, hello.digest), hello);
    assert.equal(await content(next.storage, hello.digest), "hello world");
  },
  "the digest may be of another algorithm than was announced": async ({ storage }) => {
    const digest = digestOf("hello world", "sha512");
    await storage.blobs.begin(UPLOAD);
    await storage.blobs.append(UPLOAD, bytes("hello world"), { algorithm: "sha256" });
    await storage.blobs.commit(UPLOAD, digest);
    assert.equal(await content(storage, digest), "hello world");
  },
  "what came before the source broke stays": async ({ storage: { blobs } }) => {
    await blobs.begin(UPLOAD);
    await assert.rejects(blobs.append(UPLOAD, broken("hello "), { algorithm: "sha256" }), /reset/);
    assert.equal(await blobs.received(UPLOAD), 6);
    await blobs.append(UPLOAD, bytes("world"), { algorithm: "sha256" });
    assert.deepEqual(await blobs.commit(UPLOAD, hello.digest), hello);
  },
  "whoever asks after a connection broke hears of all that came": async ({ storage: { blobs } }) => {
    await blobs.begin(UPLOAD);
    const connection = new AbortController();
    async function* cut() {
      yield Buffer.from("hello ");
      connection.abort();
      throw new Error("connection reset");
    }
    const options = { algorithm: "sha256", signal: connection.signal } as const;
    const broke = assert.rejects(blobs.append(UPLOAD, cut(), options), /reset/);
    await new Promise((resolve) => connection.signal.addEventListener("abort", resolve));
    const [received, total] = await Promise.all([
      blobs.received(UPLOAD),
      blobs.append(UPLOAD, bytes("world"), { algorithm: "sha256", start: 6 }),
    ]);
    assert.deepEqual([received, total], [6, 11]);
    await broke;
    assert.deepEqual(await blobs.commit(UPLOAD, hello.digest), hello);
  },
  "a chunk that begins elsewhere than at the end is not written": async ({ storage: { blobs } }) => {
    await blobs.begin(UPLOAD);
    await blobs.append(UPLOAD, bytes("hello "), { algorithm: "sha256", start: 0 });
    for (const start of [0, 5, 7])
      await assert.rejects(blobs.append(UPLOAD, bytes("x"), { algorithm: "sha256", start }), (e) =>
        isCode(e, "UPLOAD_OUT_OF_ORDER"),
      );
    assert.equal(await blobs.received(UPLOAD), 6);
  },
  "a chunk of the wrong length leaves the upload as it was": async ({ storage: { blobs } }) => {
    await blobs.begin(UPLOAD);
    await blobs.append(UPLOAD, bytes("hello "), { algorithm: "sha256" });
    for (const wrong of ["wor", "world and more"])
      await assert.rejects(blobs.append(UPLOAD, bytes(wrong), { algorithm: "sha256", length: 5 }), (e) =>
        isCode(e, "UPLOAD_INVALID"),
      );
    assert.equal(await blobs.received(UPLOAD), 6);
    await blobs.append(UPLOAD, bytes("world"), { algorithm: "sha256", length: 5 });
    assert.deepEqual(await blobs.commit(UPLOAD, hello.digest), hello);
  },
  "a wrong digest ends the upload and keeps nothing": async ({ storage: { blobs } }) => {
    await blobs.begin(UPLOAD);
    await blobs.append(UPLOAD, bytes("something else"), { algorithm: "sha256" });
    await assert.rejects(blobs.commit(UPLOAD, hello.digest), (e) => isCode(e, "DIGEST_MISMATCH"));
    assert.equal(await blobs.received(UPLOAD), undefined);
    assert.equal(await blobs.stat(hello.digest), undefined);
  },
  "one request at a time writes an upload": async ({ storage: { blobs } }) => {
    await blobs.begin(UPLOAD);
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* slow() {
      yield Buffer.from("hello ");
      await gate;
    }
    const first = blobs.append(UPLOAD, slow(), { algorithm: "sha256" });
    const busy = (error: unknown) => isCode(error, "UPLOAD_BUSY");
    await assert.rejects(blobs.append(UPLOAD, bytes("x"), { algorithm: "sha256" }), busy);
    await assert.rejects(blobs.commit(UPLOAD, hello.digest), busy);
    await assert.rejects(blobs.abort(UPLOAD), busy);
    release();
    assert.equal(await first, 6);
  },
  "names of uploads are never paths": async ({ storage: { blobs } }) => {
    for (const name of ["../x", "a/b", "", ".", "X"])
      await assert.rejects(blobs.append(name, bytes("x"), { algorithm: "sha256" }), (e) =>
        isCode(e, "UPLOAD_UNKNOWN"),
      );
  },
  "a range is half open": async ({ storage }) => {
    await pushBlob(storage, "a", "hello world");
    const part = await storage.blobs.read(hello.digest, { start: 6, end: 9 });
    assert.equal(Buffer.concat(await part.toArray()).toString(), "wor");
  },
  "a blob is seen only from where it was linked": async ({ storage }) => {
    const digest = await pushBlob(storage, "a", "hello world");
    assert.deepEqual(await storage.metadata.blob("a", digest), hello);
    assert.equal(await storage.metadata.blob("b", digest), undefined);
    assert.deepEqual(await storage.metadata.missingBlobs("b", [digest]), [digest]);
    await storage.metadata.linkBlob("b", hello);
    assert.deepEqual(await storage.metadata.repositoriesOf(digest), ["a", "b"]);
    assert.equal(await storage.metadata.unlinkBlob("a", digest), true);
    assert.equal(await storage.metadata.unlinkBlob("a", digest), false);
    assert.deepEqual(await storage.metadata.blob("b", digest), hello);
  },
  "a manifest needs its blobs in its own repository": async ({ storage }) => {
    const layer = await pushBlob(storage, "a", "layer");
    await assert.rejects(pushManifest(storage, "b", "m", { blobs: [layer] }), (e) =>
      isCode(e, "MANIFEST_BLOB_UNKNOWN"),
    );
    await pushManifest(storage, "a", "m", { blobs: [layer] });
    await pushManifest(storage, "b", "m", { blobs: [layer], sparse: true });
  },
  "a tag goes alone, a manifest with its tags": async ({ storage }) => {
    const { metadata } = storage;
    const digest = await pushManifest(storage, "a", "m", { tags: ["1", "2", "3"] });
    assert.equal(await metadata.deleteTag("a", "2"), true);
    assert.equal(await metadata.deleteTag("a", "2"), false);
    assert.deepEqual(await metadata.tags("a", { limit: 10 }), ["1", "3"]);
    assert.equal((await metadata.manifestByTag("a", "3"))?.digest, digest);
    assert.equal(await metadata.deleteManifest("a", digest), true);
    assert.deepEqual(await metadata.tags("a", { limit: 10 }), []);
  },
  "a tag moves to the manifest pushed last": async ({ storage }) => {
    const first = await pushManifest(storage, "a", "one", { tags: ["latest"] });
    const second = await pushManifest(storage, "a", "two", { tags: ["latest"] });
    assert.equal((await storage.metadata.manifestByTag("a", "latest"))?.digest, second);
    assert.equal((await storage.metadata.manifest("a", first))?.digest, first);
  },
  "listings come in byte order, page by page": async ({ storage }) => {
    await pushManifest(storage, "b", "m", { tags: ["b", "B", "a", "_", "10", "9"] });
    await pushManifest(storage, "a-1", "m");
    await pushManifest(storage, "a/1", "m");
    await pushBlob(storage, "only-blobs", "x");
    const { metadata } = storage;
    assert.deepEqual(await metadata.tags("b", { limit: 9 }), ["10", "9", "B", "_", "a", "b"]);
    assert.deepEqual(await metadata.tags("b", { limit: 2, last: "A" }), ["B", "_"]);
    assert.deepEqual(await metadata.repositories({ limit: 9 }), ["a-1", "a/1", "b"]);
    assert.deepEqual(await metadata.repositories({ limit: 1, last: "a-1" }), ["a/1"]);
  },
  "retention takes tags, then what only they reached": async ({ storage }) => {
    const { metadata } = storage;
    const layer = await pushBlob(storage, "a", "layer");
    const child = await pushManifest(storage, "a", "child", { blobs: [layer] });
    const index = await pushManifest(storage, "a", "index", { manifests: [child], tags: ["old"] });
    const kept = await pushManifest(storage, "a", "kept", { tags: ["new", "also-old"] });
    await pushManifest(storage, "b", "other", { tags: ["old"] });
    await pushManifest(storage, "b", "untagged");
    const retention: NonNullable<PruneOptions["retention"]> = (repository) =>
      repository === "a"
        ? (tags) => tags.filter(({ name }) => name.endsWith("old")).map((tag) => ({ ...tag, why: "old" }))
        : undefined;
    const early = { retention, before: new Date(0), abandoned: new Date(0) };
    assert.deepEqual(await prune(storage, early), []);
    const dry = await prune(storage, { retention, dryRun: true });
    assert.deepEqual(await metadata.tags("a", { limit: 9 }), ["also-old", "new", "old"]);
    const done = await prune(storage, { retention });
    assert.deepEqual(done, dry);
    assert.deepEqual(
      done.map(({ kind, digest, tag }) => `${kind} ${tag ?? digest}`).sort(),
      ["tag also-old", "tag old", `manifest ${child}`, `manifest ${index}`, `blob ${layer}`].sort(),
    );
    assert.deepEqual(await metadata.tags("a", { limit: 9 }), ["new"]);
    assert.equal((await metadata.manifest("a", kept))?.digest, kept);
    assert.deepEqual(await metadata.tags("b", { limit: 9 }), ["old"]);
    assert.notEqual(await metadata.manifest("b", digestOf("untagged")), undefined);
  },
  "referrers are found by subject and type": async ({ storage }) => {
    const subject = digestOf("a manifest still to come");
    const sbom = { subject, artifactType: "application/sbom", annotations: { a: "b" } };
    const one = await pushManifest(storage, "a", "one", sbom);
    const two = await pushManifest(storage, "a", "two", { subject, artifactType: "application/signature" });
    await pushManifest(storage, "other", "three", sbom);
    const all = await storage.metadata.referrers("a", subject, { limit: 9 });
    assert.deepEqual(digests(all), [one, two].sort());
    const [found] = await storage.metadata.referrers("a", subject, {
      limit: 9,
      artifactType: "application/sbom",
    });
    assert.deepEqual(found, {
      mediaType: MEDIA_TYPES.manifest,
      digest: one,
      size: 3,
      artifactType: "application/sbom",
      annotations: { a: "b" },
    });
  },
  "pruning takes blobs no manifest names": async ({ storage }) => {
    const [used, unused] = [await pushBlob(storage, "a", "used"), await pushBlob(storage, "a", "unused")];
    await pushManifest(storage, "a", "m", { blobs: [used] });
    assert.deepEqual(digests(await prune(storage, { dryRun: true })), [unused]);
    assert.notEqual(await storage.metadata.blob("a", unused), undefined);
    assert.deepEqual(digests(await prune(storage)), [unused]);
    assert.equal(await storage.metadata.blob("a", unused), undefined);
    assert.notEqual(await storage.metadata.blob("a", used), undefined);
  },
  "pruning leaves what is younger than the grace period": async ({ storage }) => {
    await pushBlob(storage, "a", "fresh");
    assert.deepEqual(
      await prune(storage, { before: new Date(Date.now() - 60_000), abandoned: new Date(0), untagged: true }),
      [],
    );
  },
  "pruning leaves blobs that wait for their manifest while the repository is pushed to": async ({
    storage,
  }) => {
    const [waiting, named] = [await pushBlob(storage, "a", "waiting"), await pushBlob(storage, "a", "named")];
    const elsewhere = await pushBlob(storage, "b", "waiting in vain");
    const old = await pushManifest(storage, "a", "m", { blobs: [named] });
    await storage.metadata.deleteManifest("a", old);
    const before = await nextMillisecond();
    await storage.metadata.createUpload({ id: UPLOAD, repository: "a", algorithm: "sha256" });
    assert.deepEqual(
      digests(await prune(storage, { before, abandoned: new Date(0) })),
      [named, elsewhere].sort(),
    );
    await storage.metadata.deleteUpload(UPLOAD);
    await pushBlob(storage, "a", "the last layer");
    assert.deepEqual(await prune(storage, { before, abandoned: new Date(0) }), []);
    assert.deepEqual(digests(await prune(storage, { before, abandoned: before })), [waiting]);
  },
  "touching says whether it came too late": async ({ storage: { metadata }, storage }) => {
    const [blob, manifest] = [await pushBlob(storage, "a", "blob"), await pushManifest(storage, "a", "m")];
    assert.deepEqual(
      [await metadata.touchBlob("a", blob), await metadata.touchManifest("a", manifest)],
      [true, true],
    );
    assert.deepEqual(
      [await metadata.touchBlob("b", blob), await metadata.touchManifest("b", manifest)],
      [false, false],
    );
  },
  "pruning the untagged keeps what tags, indexes and subjects reach": async ({ storage }) => {
    const child = await pushManifest(storage, "a", "child");
    const index = await pushManifest(storage, "a", "index", {
      manifests: [child, digestOf("sparse")],
      tags: ["latest"],
    });
    const signature = await pushManifest(storage, "a", "signature", { subject: index });
    const layer = await pushBlob(storage, "a", "layer");
    const old = await pushManifest(storage, "a", "old", { blobs: [layer] });
    const signatureOfOld = await pushManifest(storage, "a", "signature of old", { subject: old });
    assert.deepEqual(await prune(storage, { dryRun: true }), []);
    assert.deepEqual(digests(await prune(storage, { untagged: true })), [layer, old, signatureOfOld].sort());
    for (const digest of [child, index, signature])
      assert.notEqual(await storage.metadata.manifest("a", digest), undefined);
  },
  "manifests that name each other in a circle are pruned": async ({ storage }) => {
    const [one, two] = [digestOf("one"), digestOf("two")];
    await pushManifest(storage, "a", "one", { manifests: [two], subject: two });
    await pushManifest(storage, "a", "two", { manifests: [one], subject: one });
    assert.deepEqual(digests(await prune(storage, { untagged: true })), [one, two].sort());
  },
  "bytes go when nobody names them, and stay while somebody holds them": async ({ storage }) => {
    const [named, nameless, held] = [
      await pushBlob(storage, "a", "named"),
      await pushBlob(storage, "a", "nameless"),
      await pushBlob(storage, "a", "held"),
    ];
    for (const digest of [nameless, held]) await storage.metadata.unlinkBlob("a", digest);
    {
      await using _hold = await storage.metadata.hold([held]);
      const { blobs } = await storage.reclaim({ before: FUTURE, dryRun: false });
      assert.equal(blobs, 1);
      assert.equal(await storage.blobs.stat(nameless), undefined);
      assert.notEqual(await storage.blobs.stat(held), undefined);
    }
    await storage.reclaim({ before: FUTURE, dryRun: false });
    assert.equal(await storage.blobs.stat(held), undefined);
    assert.notEqual(await storage.blobs.stat(named), undefined);
  },
  "everything is there for a process that comes after a kill": async ({ storage, again }) => {
    const layer = await pushBlob(storage, "a", "layer");
    const digest = await pushManifest(storage, "a", "m", { blobs: [layer], tags: ["1"] });
    await storage.metadata.createUpload({ id: UPLOAD, repository: "a", algorithm: "sha512" });
    await using next = await again();
    assert.equal((await next.storage.metadata.manifestByTag("a", "1"))?.digest, digest);
    assert.equal(await content(next.storage, layer), "layer");
    const upload = await next.storage.metadata.upload(UPLOAD);
    assert.deepEqual([upload?.repository, upload?.algorithm], ["a", "sha512"]);
  },
};

/** What every storage of the registry does. */
export function registryStorageSuite(name: string, open: () => Promise<OpenedStorage>): void {
  describe(`registry storage contract: ${name}`, () => {
    for (const [title, check] of Object.entries(CHECKS)) {
      it(title, async () => {
        await using opened = await open();
        await check(opened);
      });
    }
  });
}
