import { algorithmOf, type Digest, digestOf } from "../../core/digest.ts";
import { readAll } from "../../core/streams.ts";
import type { BlobInfo } from "../../store/content-store.ts";
import type { BlobStorage } from "../storage/blob-storage.ts";

const LIMIT = 32 << 20;
/** Above it a document costs more memory than it saves reading. */
const ENTRY_LIMIT = 256 << 10;

/**
 * The bytes of manifests and small blobs asked for lately, 32 MiB at most. Whether one may be given out is decided before, each time, by the
 * metadata: bytes under a digest never change, so nothing here can be out of date.
 */
export class DocumentCache {
  readonly #blobs: BlobStorage;
  readonly #kept = new Map<Digest, Buffer>();
  #size = 0;

  constructor(blobs: BlobStorage) {
    this.#blobs = blobs;
  }

  /** Verified when they come from the storage. Rejects with BLOB_UNKNOWN, and with an error of ours when the storage has other bytes. */
  async read({ digest, size }: BlobInfo): Promise<Buffer> {
    const known = this.#kept.get(digest);
    if (known !== undefined) {
      this.#kept.delete(digest);
      this.#kept.set(digest, known);
      return known;
    }
    const content = size === 0 ? Buffer.alloc(0) : await readAll(await this.#blobs.read(digest), size);
    if (digestOf(content, algorithmOf(digest)) !== digest)
      throw new Error(`the bytes of ${digest} in the storage are damaged`);
    if (size <= ENTRY_LIMIT) this.#keep(digest, content);
    return content;
  }

  #keep(digest: Digest, content: Buffer): void {
    if (this.#kept.has(digest)) return;
    this.#kept.set(digest, content);
    this.#size += content.byteLength;
    for (const [oldest, bytes] of this.#kept) {
      if (this.#size <= LIMIT) break;
      this.#kept.delete(oldest);
      this.#size -= bytes.byteLength;
    }
  }
}
