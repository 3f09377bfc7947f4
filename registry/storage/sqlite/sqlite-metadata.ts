import type { Database } from "better-sqlite3";
import type { Digest } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import type { BlobInfo } from "../../../store/content-store.ts";
import { durably, query, transact } from "../../../store/database.ts";
import type {
  ContentKey,
  ContentRow,
  ManifestRecord,
  NewManifest,
  Page,
  Pruned,
  PruneOptions,
  PutManifest,
  Referrer,
  RegistryMetadata,
  UploadRecord,
} from "../registry-metadata.ts";
import { everything } from "./everything.ts";
import { holdBlobs, isNamed, removeUnnamed } from "./holds.ts";
import { prune } from "./prune.ts";
import { referrersOf } from "./referrers.ts";
import { UploadTable } from "./uploads.ts";

/** Of a cache it is enough to know the hour in which something was used. */
const USE_MS = 3_600_000;
/** A link touched so lately need not be written again. */
const TOUCH_MS = 1000;

/** The tables of migration 005-registry, in the database of a state root or in one of their own. */
export class SqliteMetadata implements RegistryMetadata {
  readonly #database: Database;
  readonly #uploads: UploadTable;
  readonly #close: () => void;

  /** `close`: what to do with the database in the end; one that belongs to a store stays open. */
  constructor(database: Database, close: () => void = () => undefined) {
    this.#database = database;
    this.#uploads = new UploadTable(database);
    this.#close = close;
  }

  async hasRepository(repository: string): Promise<boolean> {
    return this.#get("SELECT 1 FROM registry_repositories WHERE name = ?", repository) !== undefined;
  }

  async repositories({ last = "", limit }: Page): Promise<readonly string[]> {
    return this.#all<{ name: string }>(
      `SELECT name FROM registry_repositories AS r WHERE name > ?
         AND EXISTS (SELECT 1 FROM registry_manifests WHERE repository = r.name) ORDER BY name LIMIT ?`,
      last,
      limit,
    ).map(({ name }) => name);
  }

  async blob(repository: string, digest: Digest): Promise<BlobInfo | undefined> {
    return this.#get<BlobInfo>(
      "SELECT digest, size FROM registry_blobs WHERE repository = ? AND digest = ?",
      repository,
      digest,
    );
  }

  async repositoriesOf(digest: Digest): Promise<readonly string[]> {
    const sql = "SELECT repository FROM registry_blobs WHERE digest = ? ORDER BY repository";
    return this.#all<{ repository: string }>(sql, digest).map(({ repository }) => repository);
  }

  async missingBlobs(repository: string, digests: readonly Digest[]): Promise<readonly Digest[]> {
    return this.#missing(repository, digests);
  }

  #missing(repository: string, digests: readonly Digest[]): readonly Digest[] {
    return this.#all<{ value: Digest }>(
      `SELECT value FROM json_each(?) WHERE NOT EXISTS
         (SELECT 1 FROM registry_blobs WHERE repository = ? AND digest = value)`,
      JSON.stringify(digests),
      repository,
    ).map(({ value }) => value);
  }

  async linkBlob(repository: string, { digest, size }: BlobInfo): Promise<void> {
    transact(this.#database, () => {
      this.#addRepository(repository);
      this.#run(
        `INSERT INTO registry_blobs (repository, digest, size, linked, awaited) VALUES (?, ?, ?, ?, 1)
         ON CONFLICT DO UPDATE SET linked = excluded.linked, awaited = 1`,
        repository,
        digest,
        size,
        Date.now(),
      );
    });
  }

  #addRepository(name: string): void {
    this.#run("INSERT OR IGNORE INTO registry_repositories (name, created) VALUES (?, ?)", name, Date.now());
  }

  async touchBlob(repository: string, digest: Digest): Promise<boolean> {
    const now = Date.now();
    const touched = this.#run(
      "UPDATE registry_blobs SET linked = ?, awaited = 1 WHERE repository = ? AND digest = ? AND linked < ?",
      now,
      repository,
      digest,
      now - TOUCH_MS,
    );
    return touched > 0 || (await this.blob(repository, digest)) !== undefined;
  }

  async unlinkBlob(repository: string, digest: Digest): Promise<boolean> {
    return (
      this.#run("DELETE FROM registry_blobs WHERE repository = ? AND digest = ?", repository, digest) > 0
    );
  }

  async manifestByTag(repository: string, tag: string): Promise<ManifestRecord | undefined> {
    return this.#get<ManifestRecord>(
      `SELECT m.digest AS digest, size, media_type AS mediaType FROM registry_tags AS t
       JOIN registry_manifests AS m ON m.repository = t.repository AND m.digest = t.digest
       WHERE t.repository = ? AND t.name = ?`,
      repository,
      tag,
    );
  }

  async manifest(repository: string, digest: Digest): Promise<ManifestRecord | undefined> {
    return this.#get<ManifestRecord>(
      "SELECT digest, size, media_type AS mediaType FROM registry_manifests WHERE repository = ? AND digest = ?",
      repository,
      digest,
    );
  }

  async touchManifest(repository: string, digest: Digest): Promise<boolean> {
    const now = Date.now();
    const found = this.#get<{ readonly kept: number }>(
      `SELECT pushed >= ? OR EXISTS (SELECT 1 FROM registry_tags AS t WHERE t.repository = m.repository AND t.digest = m.digest) AS kept
       FROM registry_manifests AS m WHERE repository = ? AND digest = ?`,
      now - TOUCH_MS,
      repository,
      digest,
    );
    if (found === undefined || found.kept === 1) return found !== undefined;
    const sql = "UPDATE registry_manifests SET pushed = ? WHERE repository = ? AND digest = ?";
    return this.#run(sql, now, repository, digest) > 0;
  }

  async useManifest(repository: string, digest: Digest): Promise<void> {
    const now = Date.now();
    const sql = "UPDATE registry_manifests SET pushed = ? WHERE repository = ? AND digest = ? AND pushed < ?";
    this.#run(sql, now, repository, digest, now - USE_MS);
  }

  async putManifest(repository: string, manifest: PutManifest): Promise<void> {
    durably(this.#database, () => {
      const missing = manifest.sparse ? [] : this.#missing(repository, manifest.blobs);
      if (missing.length > 0) throw new Failure("MANIFEST_BLOB_UNKNOWN", { repository, digests: missing });
      this.#addRepository(repository);
      if (manifest.upstream !== undefined)
        this.#run(
          "UPDATE registry_repositories SET upstream = ? WHERE name = ?",
          manifest.upstream,
          repository,
        );
      this.#insertManifest(repository, manifest);
      for (const tag of manifest.tags)
        this.#run(
          "INSERT OR REPLACE INTO registry_tags (repository, name, digest, updated) VALUES (?, ?, ?, ?)",
          repository,
          tag,
          manifest.digest,
          Date.now(),
        );
    });
  }

  #insertManifest(repository: string, manifest: NewManifest): void {
    const { digest, mediaType, size, subject, artifactType, annotations } = manifest;
    this.#run(
      `INSERT INTO registry_manifests (repository, digest, media_type, size, subject, artifact_type, annotations, pushed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET media_type = excluded.media_type, pushed = excluded.pushed`,
      repository,
      digest,
      mediaType,
      size,
      subject ?? null,
      artifactType ?? null,
      annotations === undefined ? null : JSON.stringify(annotations),
      Date.now(),
    );
    const add = (kind: "blob" | "manifest", names: readonly Digest[]): void => {
      for (const name of names)
        this.#run(
          "INSERT OR IGNORE INTO registry_references (repository, manifest, digest, kind) VALUES (?, ?, ?, ?)",
          repository,
          digest,
          name,
          kind,
        );
    };
    add("blob", manifest.blobs);
    add("manifest", manifest.manifests);
    for (const blob of manifest.blobs)
      this.#run(
        "UPDATE registry_blobs SET awaited = 0 WHERE repository = ? AND digest = ? AND awaited = 1",
        repository,
        blob,
      );
  }

  async deleteManifest(repository: string, digest: Digest): Promise<boolean> {
    const sql = "DELETE FROM registry_manifests WHERE repository = ? AND digest = ?";
    return durably(this.#database, () => this.#run(sql, repository, digest) > 0);
  }

  async tags(repository: string, { last = "", limit }: Page): Promise<readonly string[]> {
    const sql = "SELECT name FROM registry_tags WHERE repository = ? AND name > ? ORDER BY name LIMIT ?";
    return this.#all<{ name: string }>(sql, repository, last, limit).map(({ name }) => name);
  }

  async deleteTag(repository: string, tag: string): Promise<boolean> {
    const sql = "DELETE FROM registry_tags WHERE repository = ? AND name = ?";
    return durably(this.#database, () => this.#run(sql, repository, tag) > 0);
  }

  async referrers(
    repository: string,
    digest: Digest,
    page: Page & { readonly artifactType?: string },
  ): Promise<readonly Referrer[]> {
    return referrersOf(this.#database, { repository, digest, ...page });
  }

  async createUpload(upload: Omit<UploadRecord, "startedAt">): Promise<void> {
    this.#uploads.create(upload);
  }
  async upload(id: string): Promise<UploadRecord | undefined> {
    return this.#uploads.get(id);
  }
  async touchUpload(id: string): Promise<void> {
    this.#uploads.touch(id);
  }
  async deleteUpload(id: string): Promise<boolean> {
    return this.#uploads.delete(id);
  }
  async staleUploads(before: Date): Promise<readonly UploadRecord[]> {
    return this.#uploads.stale(before);
  }

  async hold(digests: readonly Digest[]): Promise<AsyncDisposable> {
    return holdBlobs(this.#database, digests);
  }
  async isNamed(digest: Digest): Promise<boolean> {
    return isNamed(this.#database, digest);
  }
  async removeUnnamed(digest: Digest, remove: () => void): Promise<boolean> {
    return removeUnnamed(this.#database, digest, remove);
  }

  async prune(options: PruneOptions): Promise<readonly Pruned[]> {
    return prune(this.#database, options);
  }

  async everything(after: ContentKey | undefined, limit: number): Promise<readonly ContentRow[]> {
    return everything(this.#database, after, limit);
  }

  #get<R>(sql: string, ...parameters: readonly unknown[]): R | undefined {
    return query<R>(this.#database, sql).get(...parameters);
  }
  #all<R>(sql: string, ...parameters: readonly unknown[]): readonly R[] {
    return query<R>(this.#database, sql).all(...parameters);
  }
  #run(sql: string, ...parameters: readonly unknown[]): number {
    return query(this.#database, sql).run(...parameters).changes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }
}
