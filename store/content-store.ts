import type { Digest, DigestAlgorithm } from "../core/digest.ts";
import type { Abortable, ByteRange, ByteStream } from "../core/streams.ts";

export interface BlobInfo {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/**
 * Blobs by digest. Bytes enter through put() or an ingest and are invisible to every other method until committed;
 * a committed blob never changes. Layers are blobs: an uncompressed layer tar is the blob named by its diff id.
 */
export interface ContentStore {
  stat(digest: Digest): BlobInfo | undefined;
  /** Rejects with BLOB_UNKNOWN. A full read fails at its end with DIGEST_MISMATCH if the disk lied. */
  read(digest: Digest, range?: ByteRange, options?: Abortable): Promise<ByteStream>;
  /** Reads a small document (at most 8 MiB) and verifies it. Rejects with BLOB_UNKNOWN, BLOB_TOO_LARGE, DIGEST_MISMATCH. */
  readDocument(digest: Digest): Promise<Buffer>;
  /** Path of the blob, for native readers. Throws BLOB_UNKNOWN. The file must not be written to. */
  path(digest: Digest): string;
  /** Stores a small document. Idempotent: success means "the blob is in the store". */
  put(
    content: Uint8Array,
    options?: { readonly sync?: boolean; readonly algorithm?: DigestAlgorithm },
  ): Promise<BlobInfo>;
  /**
   * Publishes a complete file of the same filesystem under `digest`, which the caller computed, and syncs it. The file is gone afterwards:
   * renamed, or dropped when the store has the blob. Rejects with SIZE_MISMATCH and leaves the file.
   */
  adopt(path: string, blob: BlobInfo): Promise<BlobInfo>;
  /** Makes one blob durable now, however it was committed. Rejects with BLOB_UNKNOWN. */
  settle(digest: Digest): Promise<void>;
  /** Opens a temporary file whose bytes become a blob on commit. */
  ingest(): Promise<Ingest>;
  /** Idempotent: success means "not in the store". Only garbage collection and repair call it. */
  delete(digest: Digest): Promise<void>;
  list(): IterableIterator<BlobInfo>;
}

/**
 * When the bytes of a blob are brought to the disk: before the commit resolves, by Store.flush(), or in the kernel's own time. The last is for what can
 * be made again of blobs that are durable; unless somebody makes it again, it is not in the store any more after a power loss.
 */
export type Sync = boolean | "later";

/** A blob being written. Disposing without commit removes the bytes. */
export interface Ingest extends AsyncDisposable {
  /** For native writers, opened for reading and writing at offset 0; closed by commit and dispose. */
  readonly fd: number;
  /**
   * Publishes the file under `digest`, which the caller computed while the bytes were written: rename, then the database row.
   * Committing a blob that exists succeeds and drops the copy. `sync` is true when absent.
   */
  commit(blob: BlobInfo, options?: { readonly sync?: Sync }): Promise<BlobInfo>;
}
