import type { Readable } from "node:stream";
import type { Digest, DigestAlgorithm } from "../../core/digest.ts";
import type { ByteRange } from "../../core/streams.ts";
import type { BlobInfo, ContentStore } from "../../store/content-store.ts";
import type { Paths } from "../../store/paths.ts";
import type { Store } from "../../store/types.ts";
import { readOrMakeSecret } from "../shared/store-proof.ts";
import type { BlobStorage } from "./blob-storage.ts";
import { readBlob } from "./read-blob.ts";
import type { RegistryStorage } from "./registry-storage.ts";
import { SqliteMetadata } from "./sqlite/sqlite-metadata.ts";
import { StagedUploads } from "./staged-uploads.ts";

/** The engine's own store: its blobs are the registry's, its garbage collection knows the registry's rows. The store stays the caller's. */
export function openEmbedded(
  store: Pick<Store, "paths" | "database" | "content" | "collect">,
): RegistryStorage {
  const metadata = new SqliteMetadata(store.database);
  const blobs = new EmbeddedBlobs(store.content, store.paths);
  return {
    name: "embedded",
    blobs,
    metadata,
    proofSecret: readOrMakeSecret(store.paths.registrySecret),
    async reclaim({ dryRun, signal }) {
      // What becomes garbage depends on images and builds too: only the store itself can tell, by doing it.
      return dryRun ? { blobs: 0, bytes: 0 } : store.collect(signal === undefined ? {} : { signal });
    },
    [Symbol.asyncDispose]: () => metadata[Symbol.asyncDispose](),
  };
}

class EmbeddedBlobs extends StagedUploads implements BlobStorage {
  readonly #content: ContentStore;

  constructor(content: ContentStore, paths: Paths) {
    super(paths.uploads);
    this.#content = content;
  }

  async stat(digest: Digest): Promise<BlobInfo | undefined> {
    return this.#content.stat(digest);
  }

  async read(digest: Digest, range?: ByteRange): Promise<Readable> {
    return readBlob(this.#content.path(digest), range);
  }

  async path(digest: Digest): Promise<string> {
    return this.#content.path(digest);
  }

  async put(content: Uint8Array, algorithm: DigestAlgorithm): Promise<BlobInfo> {
    return this.#content.put(content, { algorithm });
  }

  protected adopt(path: string, blob: BlobInfo): Promise<BlobInfo> {
    return this.#content.adopt(path, blob);
  }

  async delete(digest: Digest): Promise<void> {
    await this.#content.delete(digest);
  }

  async *list(): AsyncGenerator<BlobInfo> {
    yield* this.#content.list();
  }
}
