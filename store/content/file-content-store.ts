import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { promisify } from "node:util";
import type { Database } from "better-sqlite3";
import { algorithmOf, type Digest, type DigestAlgorithm, digestOf } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { type Abortable, type ByteRange, type ByteStream, verified } from "../../core/streams.ts";
import type { KernelFiles } from "../../native/kernel.ts";
import type { BlobInfo, ContentStore, Ingest, Sync } from "../content-store.ts";
import { durably, query, transact } from "../database.ts";
import type { Paths } from "../paths.ts";
import { FileIngest } from "./file-ingest.ts";
import { readFile } from "./read-file.ts";
import { syncFile } from "./sync-file.ts";
import { temporaryPath } from "./temporary.ts";
import { writeFully } from "./write-fully.ts";

const DOCUMENT_LIMIT = 8 << 20;
/** Up to so many files are synced one by one; beyond, one syncfs(2) costs less even if it writes others' data too. */
const SYNC_EACH = 16;

interface BlobRow {
  readonly size: number;
  readonly durable: number;
}

/** The blobs/ folder with one row per blob. A blob is in the store when both say so. */
export class FileContentStore implements ContentStore {
  readonly #paths: Paths;
  readonly #database: Database;
  readonly #kernel: Pick<KernelFiles, "syncFilesystem">;
  /** Committed here, not yet known to survive a power loss. */
  readonly #fleeting = new Set<Digest>();
  /** Of those, what is on its way to the disk. */
  readonly #syncing = new Map<Digest, Promise<void>>();
  /** Open directories, to be synced after a rename into them. */
  readonly #folders: Readonly<Record<DigestAlgorithm, number>>;

  constructor(paths: Paths, database: Database, kernel: Pick<KernelFiles, "syncFilesystem">) {
    this.#paths = paths;
    this.#database = database;
    this.#kernel = kernel;
    const openFolder = (algorithm: DigestAlgorithm): number =>
      openSync(paths.blobs(algorithm), constants.O_RDONLY | constants.O_DIRECTORY);
    this.#folders = { sha256: openFolder("sha256"), sha512: openFolder("sha512") };
  }

  stat(digest: Digest): BlobInfo | undefined {
    const row = this.#row(digest);
    if (row === undefined) return undefined;
    const file = statSync(this.#paths.blob(digest), { throwIfNoEntry: false });
    return file?.size === row.size ? { digest, size: row.size } : undefined;
  }

  #row(digest: Digest): BlobRow | undefined {
    return query<BlobRow>(
      this.#database,
      "SELECT size, durable FROM blobs WHERE digest = ? AND doomed = 0",
    ).get(digest);
  }

  #require(digest: Digest): BlobInfo {
    const info = this.stat(digest);
    if (info === undefined) throw new Failure("BLOB_UNKNOWN", { digest });
    return info;
  }

  async read(digest: Digest, range?: ByteRange, options?: Abortable): Promise<ByteStream> {
    const info = this.#require(digest);
    const start = Math.min(range?.start ?? 0, info.size);
    const end = Math.min(range?.end ?? info.size, info.size);
    const bytes = readFile(this.#paths.blob(digest), { start, end }, options?.signal);
    return start === 0 && end === info.size ? verified(bytes, info) : bytes;
  }

  async readDocument(digest: Digest): Promise<Buffer> {
    const { size } = this.#require(digest);
    if (size > DOCUMENT_LIMIT) throw new Failure("BLOB_TOO_LARGE", { digest, size, limit: DOCUMENT_LIMIT });
    // What is this small is read sooner than a thread could be asked for it.
    const bytes = readFileSync(this.#paths.blob(digest));
    if (bytes.byteLength !== size)
      throw new Failure("SIZE_MISMATCH", { digest, want: size, got: bytes.byteLength });
    const got = digestOf(bytes, algorithmOf(digest));
    if (got !== digest) throw new Failure("DIGEST_MISMATCH", { want: digest, got });
    return bytes;
  }

  path(digest: Digest): string {
    this.#require(digest);
    return this.#paths.blob(digest);
  }

  async put(
    content: Uint8Array,
    options: { readonly sync?: boolean; readonly algorithm?: DigestAlgorithm } = {},
  ): Promise<BlobInfo> {
    const blob = { digest: digestOf(content, options.algorithm), size: content.byteLength };
    if (this.#reuse(blob.digest)) return blob;
    await using ingest = await this.ingest();
    await writeFully(ingest.fd, content);
    return await ingest.commit(blob, options);
  }

  async ingest(): Promise<Ingest> {
    return new FileIngest(temporaryPath(this.#paths), (path, fd, blob, sync) =>
      this.#publish(path, fd, blob, sync),
    );
  }

  async adopt(path: string, blob: BlobInfo): Promise<BlobInfo> {
    const fd = openSync(path, constants.O_RDWR);
    try {
      const { size } = fstatSync(fd);
      if (size !== blob.size)
        throw new Failure("SIZE_MISMATCH", { digest: blob.digest, want: blob.size, got: size });
      await this.#publish(path, fd, blob, true);
    } finally {
      closeSync(fd);
    }
    rmSync(path, { force: true });
    return blob;
  }

  async #publish(path: string, fd: number, { digest, size }: BlobInfo, sync: Sync): Promise<void> {
    if (sync === true) {
      if (this.#reuse(digest)) return;
      await promisify(fdatasync)(fd);
    }
    // The rename and the row are one step for garbage collection, which unlinks inside a transaction too.
    const wrote = transact(this.#database, () => {
      if (this.#reuse(digest)) return false;
      renameSync(path, this.#paths.blob(digest));
      query(
        this.#database,
        `INSERT INTO blobs (digest, size, touched, durable) VALUES (?, ?, (SELECT value FROM epoch), ?)
         ON CONFLICT (digest) DO UPDATE SET
           size = excluded.size, touched = excluded.touched, durable = excluded.durable, doomed = 0`,
      ).run(digest, size, sync === true ? 1 : 0);
      return true;
    });
    if (!wrote) return;
    if (sync === true) await promisify(fsync)(this.#folders[algorithmOf(digest)]);
    if (sync !== false) return;
    this.#fleeting.add(digest);
    this.#syncing.delete(digest);
  }

  /**
   * True when the blob is there for good and now counts as just written. One whose bytes may not be on the disk yet is
   * written again: who comes second may publish first, and then must not depend on the other's flush().
   */
  #reuse(digest: Digest): boolean {
    return transact(this.#database, () => {
      const row = this.#row(digest);
      if (row?.durable !== 1 && !this.#fleeting.has(digest)) return false;
      if (this.stat(digest) === undefined) return false;
      query(
        this.#database,
        "UPDATE blobs SET touched = (SELECT value FROM epoch) WHERE digest = ? AND touched < (SELECT value FROM epoch)",
      ).run(digest);
      return true;
    });
  }

  async delete(digest: Digest): Promise<void> {
    durably(this.#database, () => this.doom([digest]));
    this.removeDoomed();
  }

  /**
   * First half of a deletion: from the commit on, the blobs are not in the store. It has to be durable before the second half, since a blob that is
   * written again before its row is could be believed after a power loss.
   */
  doom(digests: Iterable<Digest>): void {
    transact(this.#database, () => {
      for (const digest of digests)
        query(this.#database, "UPDATE blobs SET doomed = 1 WHERE digest = ?").run(digest);
    });
  }

  /** Second half: takes the files of doomed blobs away, those of an interrupted deletion too. Returns the bytes freed. */
  removeDoomed(): { readonly blobs: number; readonly bytes: number } {
    const doomed = "SELECT digest, size FROM blobs WHERE doomed = 1 LIMIT 16";
    let blobs = 0;
    let bytes = 0;
    for (let more = true; more; ) {
      more = transact(this.#database, () => {
        const rows = query<BlobInfo>(this.#database, doomed).all();
        for (const { digest, size } of rows) {
          rmSync(this.#paths.blob(digest), { force: true });
          query(this.#database, "DELETE FROM blobs WHERE digest = ?").run(digest);
          this.#fleeting.delete(digest);
          blobs += 1;
          bytes += size;
        }
        return rows.length > 0;
      });
    }
    return { blobs, bytes };
  }

  list(): IterableIterator<BlobInfo> {
    const rows = query<BlobInfo>(
      this.#database,
      "SELECT digest, size FROM blobs WHERE doomed = 0 ORDER BY digest",
    ).all();
    return rows.values();
  }

  async settle(digest: Digest): Promise<void> {
    this.#require(digest);
    if (this.#row(digest)?.durable !== 1) await this.#sync([digest]);
  }

  /** Begins for one blob what flush() waits for; a failure is told then. */
  beginFlush(digest: Digest): void {
    if (!this.#fleeting.has(digest) || this.#syncing.has(digest)) return;
    const syncing = syncFile(this.#paths.blob(digest));
    syncing.catch(() => undefined);
    this.#syncing.set(digest, syncing);
  }

  /** Makes everything committed with `sync: false` by this process durable. */
  flush(): Promise<void> {
    return this.#sync([...this.#fleeting]);
  }

  async #sync(digests: readonly Digest[]): Promise<void> {
    if (digests.length === 0) return;
    const begun = digests.map((digest) => this.#takeBegun(digest));
    if (digests.length > SYNC_EACH) await Promise.all([this.syncAll(), ...begun]);
    else {
      await Promise.all(digests.map((digest, i) => begun[i] ?? syncFile(this.#paths.blob(digest))));
      for (const folder of Object.values(this.#folders)) await promisify(fsync)(folder);
    }
    this.#markDurable(digests);
  }

  /** The kernel tells of a failure once, so whoever waits for a blob has to hear of it. */
  #takeBegun(digest: Digest): Promise<void> | undefined {
    const begun = this.#syncing.get(digest);
    this.#syncing.delete(digest);
    return begun;
  }

  /** Makes durable what other processes have left to the kernel's own time. */
  async settleAll(): Promise<void> {
    const fleeting = query<{ digest: Digest }>(this.#database, "SELECT digest FROM blobs WHERE durable = 0")
      .all()
      .map(({ digest }) => ({ digest, file: this.#fileOf(digest) }));
    if (fleeting.length === 0) return;
    await this.syncAll();
    // Another file may have been renamed into a blob's place meanwhile.
    this.#markDurable(fleeting.flatMap(({ digest, file }) => (file === this.#fileOf(digest) ? digest : [])));
  }

  #fileOf(digest: Digest): bigint | undefined {
    return statSync(this.#paths.blob(digest), { bigint: true, throwIfNoEntry: false })?.ino;
  }

  #markDurable(digests: readonly Digest[]): void {
    transact(this.#database, () => {
      for (const digest of digests)
        query(this.#database, "UPDATE blobs SET durable = 1 WHERE digest = ?").run(digest);
    });
    for (const digest of digests) this.#fleeting.delete(digest);
  }

  /** Everything of this root's filesystem, the trees of snapshot drivers too. */
  syncAll(): Promise<void> {
    return this.#kernel.syncFilesystem(this.#folders.sha256);
  }

  /** After a power loss: drops the blobs whose bytes may not have reached the disk. */
  forgetFleeting(): void {
    query(this.#database, "UPDATE blobs SET doomed = 1 WHERE durable = 0").run();
    this.removeDoomed();
  }

  close(): void {
    for (const folder of Object.values(this.#folders)) closeSync(folder);
  }
}
