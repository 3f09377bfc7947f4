import { CACHE_ARTIFACT_TYPE, CACHE_CONFIG_TYPE } from "../../builder/cache/remote/document.ts";
import type { CacheBlobs, CachePlace, FoundCache, PlacedLayer } from "../../builder/cache/remote/types.ts";
import type { Compression } from "../../core/compression.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import { type Digest, digestOf, hexOf } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { type Abortable, readAll, streamOf, verified } from "../../core/streams.ts";
import { encodeManifest, parseManifest } from "../../image/manifest.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import { inflatedLimit } from "../../store/inflated-limit.ts";
import type { Store } from "../../store/types.ts";

const DOCUMENT_LIMIT = 8 << 20;

/** A cache in an OCI image layout (OCI image-spec, image-layout.md): what one of a registry is, in the blobs that somebody has. */
export class LayoutCache implements CachePlace {
  readonly name: string;
  readonly relays = false;
  readonly #store: Store;
  readonly #blobs: CacheBlobs;

  constructor(store: Store, { name, blobs }: { readonly name: string; readonly blobs: CacheBlobs }) {
    this.#store = store;
    this.#blobs = blobs;
    this.name = name;
  }

  async read(options: Abortable = {}): Promise<FoundCache | undefined> {
    const entry = await this.#blobs.find(options);
    if (entry === undefined) return undefined;
    const manifest = parseManifest(await this.#document(entry, options));
    if (manifest.kind !== "image") return undefined;
    const { config, layers } = manifest;
    return { configType: config.mediaType, config: await this.#document(config, options), layers };
  }

  async fetch({ diffId, blob }: PlacedLayer, options: Abortable = {}): Promise<void> {
    const maxBytes = inflatedLimit(this.#store, blob);
    const arriving = this.#blobs.read(blob.digest, options);
    await this.#store.layers.adopt(arriving, { diffId, blob, maxBytes, ...options });
  }

  async send(
    { diffId }: { readonly diffId: Digest },
    { compression, ...options }: { readonly compression: Compression } & Abortable,
  ): Promise<Descriptor> {
    const { locks, layers, content } = this.#store;
    await using _lock = await locks.hold(`${compression}-${hexOf(diffId)}`, options);
    const blob = await layers.compressed(diffId, compression);
    await this.#blobs.write(blob, () => content.read(blob.digest, undefined, options), options);
    return blob;
  }

  async publish(config: Buffer, layers: readonly Descriptor[], options: Abortable = {}): Promise<void> {
    const described = descriptorOf(CACHE_CONFIG_TYPE, config);
    const raw = encodeManifest({ config: described, layers, artifactType: CACHE_ARTIFACT_TYPE });
    const manifest = descriptorOf(MEDIA_TYPES.manifest, raw);
    await this.#blobs.write(described, async () => streamOf(config), options);
    await this.#blobs.write(manifest, async () => streamOf(raw), options);
    await this.#blobs.name(manifest);
  }

  async #document(blob: Pick<Descriptor, "digest" | "size">, options: Abortable): Promise<Buffer> {
    if (blob.size > DOCUMENT_LIMIT)
      throw new Failure("MANIFEST_INVALID", {
        why: `a document of ${blob.size} bytes, at most ${DOCUMENT_LIMIT} are accepted`,
      });
    return readAll(verified(this.#blobs.read(blob.digest, options), blob), DOCUMENT_LIMIT);
  }
}

const descriptorOf = (mediaType: string, raw: Uint8Array): Descriptor => ({
  mediaType,
  digest: digestOf(raw),
  size: raw.byteLength,
});
