import type { Abortable } from "../../core/streams.ts";
import type { BlobStorage } from "./blob-storage.ts";
import type { RegistryMetadata } from "./registry-metadata.ts";

export interface Reclaimed {
  readonly blobs: number;
  /** Bytes. */
  readonly bytes: number;
}

/** Where a registry keeps what it has. A driver makes one; see openEmbedded() and openFilesystem(). */
export interface RegistryStorage extends AsyncDisposable {
  /** The driver, for listings: "embedded", "filesystem". */
  readonly name: string;
  readonly blobs: BlobStorage;
  readonly metadata: RegistryMetadata;
  /** Frees the bytes that nothing names any more and that were written before `before`. A dry run only counts them. */
  reclaim(options: { readonly before: Date; readonly dryRun: boolean } & Abortable): Promise<Reclaimed>;
  /** For clients that can read the same storage: see shared/store-proof.ts. Absent when there are none. */
  readonly proofSecret?: Buffer;
}
