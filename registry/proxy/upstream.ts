import type { Digest } from "../../core/digest.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";

export interface UpstreamManifest {
  readonly raw: Buffer;
  readonly mediaType: string;
  /** Made of the bytes. */
  readonly digest: Digest;
}
export interface UpstreamBlob {
  /** In bytes; undefined when the upstream does not say. */
  readonly size?: number;
}

/**
 * The registry a cache is of, by what the cache asks it. Repositories have the names they have there. Undefined: there is no such thing there.
 * Everything rejects with UPSTREAM_UNAVAILABLE, UPSTREAM_DENIED or UPSTREAM_INVALID.
 */
export interface Upstream {
  /** Its URL, for messages. */
  readonly name: string;
  /** What a tag names now; asked once and not for long. `digest` is undefined when the upstream does not say. */
  head(
    repository: string,
    tag: string,
    options: Abortable,
  ): Promise<{ readonly digest?: Digest } | undefined>;
  /** A digest is verified. */
  manifest(repository: string, reference: string, options: Abortable): Promise<UpstreamManifest | undefined>;
  headBlob(repository: string, digest: Digest, options: Abortable): Promise<UpstreamBlob | undefined>;
  /** The bytes are not verified. The caller reads or returns `body`. */
  blob(
    repository: string,
    digest: Digest,
    options: Abortable,
  ): Promise<(UpstreamBlob & { readonly body: ByteStream }) | undefined>;
  tags(repository: string, options: Abortable): Promise<readonly string[] | undefined>;
  /** Descriptors as they came; undefined when the upstream has no such list. */
  referrers(repository: string, digest: Digest, options: Abortable): Promise<readonly unknown[] | undefined>;
}
