import type { Readable } from "node:stream";
import type { Digest, DigestAlgorithm } from "../../core/digest.ts";
import type { Abortable, ByteRange, ByteStream } from "../../core/streams.ts";
import type { BlobInfo } from "../../store/content-store.ts";

export interface AppendOptions extends Abortable {
  /** What the digest will be made with: hashing goes along with writing. */
  readonly algorithm: DigestAlgorithm;
  /** How many bytes must come. Others: rejects with UPLOAD_INVALID, and the upload is as long as before. */
  readonly length?: number;
  /**
   * Called with the upload's length when bytes of it have become readable; they are written as they come then, and not gathered. Must not throw.
   */
  readonly written?: (length: number) => void;
  /** How long the upload must be before. Otherwise: rejects with UPLOAD_OUT_OF_ORDER. */
  readonly start?: number;
}

/** What has arrived of an upload, for readers beside its writer. It stays readable after the upload's end, until disposed. */
export interface UploadView extends AsyncDisposable {
  /** At most `limit` bytes from `start`; fewer, and none, when no more have been written. */
  read(start: number, limit: number): Promise<Uint8Array>;
}

/**
 * Bytes by digest, and uploads on their way to become some. It knows no repository: see RegistryMetadata.
 * Manifests are blobs here. A committed blob never changes. Upload names are [0-9a-f-]+, made by the registry.
 */
export interface BlobStorage {
  stat(digest: Digest): Promise<BlobInfo | undefined>;
  /** The bytes as they are on the disk; the caller destroys the stream. Rejects with BLOB_UNKNOWN. */
  read(digest: Digest, range?: ByteRange): Promise<Readable>;
  /** Where the blob lies as a file, if this storage has files: sending one costs less than a stream. Rejects with BLOB_UNKNOWN. */
  path?(digest: Digest): Promise<string>;
  /** Stores a small document, durable when it resolves. Idempotent. */
  put(content: Uint8Array, algorithm: DigestAlgorithm): Promise<BlobInfo>;
  /** Idempotent: success means "not in the storage". Only garbage collection calls it, for blobs nobody holds. */
  delete(digest: Digest): Promise<void>;
  list(): AsyncIterable<BlobInfo>;

  /** Starts an upload without bytes. */
  begin(upload: string): Promise<void>;
  /** Rejects with UPLOAD_UNKNOWN. The caller disposes the view. */
  view(upload: string): Promise<UploadView>;
  /** How many bytes have arrived, all of those of requests whose signal has aborted among them; undefined when there is no such upload. */
  received(upload: string): Promise<number | undefined>;
  /**
   * Adds to an upload, also one that an earlier process began; resolves with its new length. When the source breaks off, what came stays.
   * Rejects with UPLOAD_UNKNOWN, UPLOAD_BUSY when another request is writing it whose signal has not aborted, UPLOAD_INVALID for another length.
   */
  append(upload: string, source: ByteStream, options: AppendOptions): Promise<number>;
  /**
   * Makes the upload the blob `digest`, durable when it resolves: success means "the blob is in the storage". The upload is gone either way.
   * Rejects with DIGEST_MISMATCH, UPLOAD_UNKNOWN, UPLOAD_BUSY (then the upload stays).
   */
  commit(upload: string, digest: Digest): Promise<BlobInfo>;
  /** Idempotent: drops the upload and its bytes. Rejects with UPLOAD_BUSY. */
  abort(upload: string): Promise<void>;
  /** Uploads whose bytes are here, also those nobody has a record of, with the time of their last byte. */
  uploads(): AsyncIterable<{ readonly upload: string; readonly touched: Date }>;
}
