import { randomUUID } from "node:crypto";
import { constants, mkdirSync, rmSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import {
  algorithmOf,
  DIGEST_ALGORITHMS,
  type Digest,
  type DigestAlgorithm,
  digestOf,
  hexOf,
  isDigest,
} from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { isMissing, undefinedIfMissing } from "../../core/if-there.ts";
import type { ByteRange } from "../../core/streams.ts";
import type { BlobInfo } from "../../store/content-store.ts";
import { openDatabase } from "../../store/database.ts";
import { registryMigration } from "../../store/migrations/005-registry.ts";
import { registryAwaitedMigration } from "../../store/migrations/009-registry-awaited.ts";
import { registryUpstreamMigration } from "../../store/migrations/014-registry-upstream.ts";
import type { BlobStorage } from "./blob-storage.ts";
import { readBlob } from "./read-blob.ts";
import type { RegistryMetadata } from "./registry-metadata.ts";
import type { Reclaimed, RegistryStorage } from "./registry-storage.ts";
import { SqliteMetadata } from "./sqlite/sqlite-metadata.ts";
import { StagedUploads } from "./staged-uploads.ts";

const PUT_TRIES = 5;
const MIGRATIONS = [registryMigration, registryAwaitedMigration, registryUpstreamMigration];

/**
 * A registry on a directory of its own:
 *
 *   <root>/
 *     registry.db                       SQLite, with the migrations below
 *     blobs/<algorithm>/<2 hex>/<hex>
 *     uploads/<upload>
 */
export function openFilesystem(root: string): RegistryStorage {
  for (const folder of ["blobs", "uploads"]) mkdirSync(join(root, folder), { recursive: true, mode: 0o700 });
  const database = openDatabase(join(root, "registry.db"), MIGRATIONS);
  const metadata = new SqliteMetadata(database, () => database.close());
  const blobs = new FileBlobs(root);
  return {
    name: "filesystem",
    blobs,
    metadata,
    reclaim: (options) => reclaim(blobs, metadata, options),
    [Symbol.asyncDispose]: () => metadata[Symbol.asyncDispose](),
  };
}

/** A blob without a name may be one that a crash left between the rename and its row: it gets the same time as any other. */
async function reclaim(
  blobs: FileBlobs,
  metadata: RegistryMetadata,
  { before, dryRun, signal }: Parameters<RegistryStorage["reclaim"]>[0],
): Promise<Reclaimed> {
  let [count, bytes] = [0, 0];
  for await (const { digest, size, written } of blobs.files()) {
    signal?.throwIfAborted();
    // Asked first without the lock that a removal needs: nearly all blobs are named.
    if (written >= before || (await metadata.isNamed(digest))) continue;
    const remove = (): void => rmSync(blobs.fileOf(digest), { force: true });
    if (!dryRun && !(await metadata.removeUnnamed(digest, remove))) continue;
    count += 1;
    bytes += size;
  }
  return { blobs: count, bytes };
}

class FileBlobs extends StagedUploads implements BlobStorage {
  readonly #root: string;

  constructor(root: string) {
    super(join(root, "uploads"));
    this.#root = root;
  }

  fileOf(digest: Digest): string {
    const hex = hexOf(digest);
    return join(this.#root, "blobs", algorithmOf(digest), hex.slice(0, 2), hex);
  }

  async stat(digest: Digest): Promise<BlobInfo | undefined> {
    const found = await stat(this.fileOf(digest)).catch(undefinedIfMissing);
    return found === undefined ? undefined : { digest, size: found.size };
  }

  async read(digest: Digest, range?: ByteRange): Promise<Readable> {
    return readBlob(await this.path(digest), range);
  }

  async path(digest: Digest): Promise<string> {
    if ((await this.stat(digest)) === undefined) throw new Failure("BLOB_UNKNOWN", { digest });
    return this.fileOf(digest);
  }

  async put(content: Uint8Array, algorithm: DigestAlgorithm): Promise<BlobInfo> {
    const blob = { digest: digestOf(content, algorithm), size: content.byteLength };
    for (let tries = 1; ; tries += 1) {
      try {
        return (await this.#reuse(blob)) ? blob : await this.#write(content, blob);
      } catch (error) {
        // A collection takes the file for an upload that somebody left when it gives those less time than this takes.
        if (tries === PUT_TRIES || !isMissing(error)) throw error;
      }
    }
  }

  async #write(content: Uint8Array, blob: BlobInfo): Promise<BlobInfo> {
    const path = join(this.#root, "uploads", randomUUID());
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    return this.adopt(path, blob);
  }

  /** Counts as just written when it is there. */
  async #reuse(blob: BlobInfo): Promise<boolean> {
    if ((await this.stat(blob.digest))?.size !== blob.size) return false;
    const now = new Date();
    await utimes(this.fileOf(blob.digest), now, now);
    return true;
  }

  protected async adopt(path: string, blob: BlobInfo): Promise<BlobInfo> {
    if (await this.#reuse(blob)) {
      await rm(path, { force: true });
      return blob;
    }
    const target = this.fileOf(blob.digest);
    await withFile(path, constants.O_RDWR, (file) => file.datasync());
    const made = await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(path, target);
    await syncFolder(dirname(target));
    if (made !== undefined)
      for (let at = dirname(target); at !== this.#root; at = dirname(at)) await syncFolder(dirname(at));
    return blob;
  }

  async delete(digest: Digest): Promise<void> {
    await rm(this.fileOf(digest), { force: true });
  }

  async *list(): AsyncGenerator<BlobInfo> {
    for await (const { digest, size } of this.files()) yield { digest, size };
  }

  /** Also with when each was last written. */
  async *files(): AsyncGenerator<BlobInfo & { readonly written: Date }> {
    for (const algorithm of DIGEST_ALGORITHMS) {
      const folder = join(this.#root, "blobs", algorithm);
      for (const part of await entries(folder))
        for (const hex of await entries(join(folder, part))) {
          const digest = `${algorithm}:${hex}`;
          const info = await stat(join(folder, part, hex)).catch(() => undefined);
          if (info !== undefined && isDigest(digest)) yield { digest, size: info.size, written: info.mtime };
        }
    }
  }
}

const entries = async (folder: string): Promise<readonly string[]> =>
  ((await readdir(folder).catch(undefinedIfMissing)) ?? []).sort();

async function withFile(
  path: string,
  flags: number,
  work: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await work(file);
  } finally {
    await file.close();
  }
}

const syncFolder = (path: string): Promise<void> =>
  withFile(path, constants.O_RDONLY | constants.O_DIRECTORY, (folder) => folder.sync());
