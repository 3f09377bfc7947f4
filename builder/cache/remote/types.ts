import type { Compression } from "../../../core/compression.ts";
import type { Descriptor } from "../../../core/descriptor.ts";
import type { Digest } from "../../../core/digest.ts";
import type { CredentialSource } from "../../../core/registry-credentials.ts";
import type { Abortable, ByteStream } from "../../../core/streams.ts";

/** Where a cache is kept outside of the store. */
export type CacheLocation =
  /** A tag or digest of a registry: a cache, or an image that has one in its configuration. */
  | { readonly kind: "registry"; readonly reference: string }
  /** An OCI layout; of several caches in it, the one of this tag or digest. */
  | { readonly kind: "directory"; readonly path: string; readonly tag: string; readonly digest?: Digest }
  /** Blobs that somebody lends. `name`: as messages name it, of no other place. */
  | { readonly kind: "lent"; readonly name: string; readonly blobs: CacheBlobs };

/** The blobs of a cache, in what is an OCI layout to whoever has it. What comes from here is checked by who takes it. */
export interface CacheBlobs {
  /** The manifest of the cache; undefined where there is none. */
  find(options?: Abortable): Promise<Pick<Descriptor, "digest" | "size"> | undefined>;
  /** Fails where there is no such blob. */
  read(digest: Digest, options?: Abortable): ByteStream;
  /** Puts a blob there, whose content is asked for unless it is there already. */
  write(blob: Descriptor, content: () => Promise<ByteStream>, options?: Abortable): Promise<void>;
  /** Makes a manifest the cache's. */
  name(manifest: Descriptor): Promise<void>;
}

export interface CacheExport {
  readonly to: CacheLocation | { readonly kind: "inline" };
  /** "min": the steps whose layers the image has; "max": all. */
  readonly mode: "min" | "max";
  readonly compression: Compression;
  /** A cache that cannot be written is a warning and no failure. */
  readonly ignoreErrors: boolean;
  /** The directories of RUN --mount=type=cache too; not with "inline". */
  readonly mounts: boolean;
}

/** The documents of a cache as they were found; their digests are verified, their content is not. */
export interface FoundCache {
  /** Type of the configuration document, which says what this is. */
  readonly configType: string;
  readonly config: Buffer;
  readonly layers: readonly Descriptor[];
}

/** A layer as one place has it. */
export interface PlacedLayer {
  readonly diffId: Digest;
  readonly blob: Descriptor;
}

/** One place outside of the store where caches are kept. */
export interface CachePlace {
  /** As messages name it. */
  readonly name: string;
  /** True when it can be sent layers that are in another registry only. */
  readonly relays: boolean;
  /** What is there; undefined when nothing is. */
  read(options?: Abortable): Promise<FoundCache | undefined>;
  /** Brings a layer into the store, verified on both sides. Rejects as LayerStore.adopt() does. */
  fetch(layer: PlacedLayer, options?: Abortable): Promise<void>;
  /** Sees to it that a layer is there. `known`: the blob by which another place has it. Resolves with the form it has there. */
  send(
    layer: { readonly diffId: Digest; readonly known?: Descriptor },
    options: { readonly compression: Compression } & Abortable,
  ): Promise<Descriptor>;
  /** Names the cache that these documents are; its layers must be there. */
  publish(config: Buffer, layers: readonly Descriptor[], options?: Abortable): Promise<void>;
}

/** Opens places; engine/ satisfies it. Nothing is asked before their methods are called. */
export interface CachePlaces {
  open(location: CacheLocation, options: { readonly credentials?: CredentialSource }): CachePlace;
}
