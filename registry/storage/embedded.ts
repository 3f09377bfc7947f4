import type { Readable } from "node:stream";
import type { Digest, DigestAlgorithm } from "../../core/digest.ts";
import type { ByteRange, ByteStream } from "../../core/streams.ts";
import type { BlobInfo, ContentStore } from "../../store/content-store.ts";
import type { Paths } from "../../store/paths.ts";
import type { Store } from "../../store/types.ts";
import { readOrMakeSecret } from "../shared/store-proof.ts";
import type { AppendOptions, BlobStorage, UploadView } from "./blob-storage.ts";
import { readBlob } from "./read-blob.ts";
import type { RegistryStorage } from "./registry-storage.ts";
import { SqliteMetadata } from "./sqlite/sqlite-metadata.ts";
import { UploadFiles } from "./upload-files.ts";

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

class EmbeddedBlobs implements BlobStorage {
  readonly #content: ContentStore;
  readonly #files: UploadFiles;

  constructor(content: ContentStore, paths: Paths) {
    this.#content = content;
    this.#files = new UploadFiles(paths.uploads);
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

  async delete(digest: Digest): Promise<void> {
    await this.#content.delete(digest);
  }

  async *list(): AsyncGenerator<BlobInfo> {
    yield* this.#content.list();
  }

  begin(upload: string): Promise<void> {
    return this.#files.begin(upload);
  }
  view(upload: string): Promise<UploadView> {
    return this.#files.view(upload);
  }
  received(upload: string): Promise<number | undefined> {
    return this.#files.received(upload);
  }
  append(upload: string, source: ByteStream, options: AppendOptions): Promise<number> {
    return this.#files.append(upload, source, options);
  }
  commit(upload: string, digest: Digest): Promise<BlobInfo> {
    return this.#files.commit(upload, digest, (path, blob) => this.#content.adopt(path, blob));
  }
  abort(upload: string): Promise<void> {
    return this.#files.abort(upload);
  }
  uploads() {
    return this.#files.list();
  }
}
