import type { Digest } from "../../core/digest.ts";
import { readAll } from "../../core/streams.ts";
import type { BlobInfo } from "../../store/content-store.ts";
import type { BlobStorage } from "../storage/blob-storage.ts";

const LIMIT = 64 << 20;
/** Above it a document costs more memory than it saves reading. */
const ENTRY_LIMIT = 256 << 10;

/**
 * The bytes of manifests asked for lately, 64 MiB at most. Whether a manifest may be given out is decided before, each time, by the metadata:
 * bytes under a digest never change, so nothing here can be out of date.
 */
export class ManifestCache {
  readonly #blobs: BlobStorage;
  readonly #kept = new Map<Digest, Buffer>();
  #size = 0;

  constructor(blobs: BlobStorage) {
    this.#blobs = blobs;
  }

  /** Rejects with BLOB_UNKNOWN. */
  async read({ digest, size }: BlobInfo): Promise<Buffer> {
    const known = this.#kept.get(digest);
    if (known !== undefined) {
      this.#kept.delete(digest);
      this.#kept.set(digest, known);
      return known;
    }
    const content = await readAll(await this.#blobs.read(digest), size);
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
