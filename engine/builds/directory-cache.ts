import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { CACHE_ARTIFACT_TYPE, CACHE_CONFIG_TYPE } from "../../builder/cache/remote/document.ts";
import type { CacheLocation, CachePlace, FoundCache, PlacedLayer } from "../../builder/cache/remote/types.ts";
import type { Compression } from "../../core/compression.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import { algorithmOf, type Digest, digestOf, hexOf } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import { type Abortable, readAll, streamOf, verified } from "../../core/streams.ts";
import { encodeManifest, parseManifest } from "../../image/manifest.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import type { Store } from "../../store/types.ts";

type Directory = Extract<CacheLocation, { readonly kind: "directory" }>;

const TAG = "org.opencontainers.image.ref.name";
const INDEX_LIMIT = 4 << 20;
const DOCUMENT_LIMIT = 8 << 20;

/** A cache in a folder that is an OCI image layout (OCI image-spec, image-layout.md): what one of a registry is, in files. */
export class DirectoryCache implements CachePlace {
  readonly name: string;
  readonly relays = false;
  readonly #store: Store;
  readonly #at: Directory;

  constructor(store: Store, at: Directory) {
    this.#store = store;
    this.#at = at;
    this.name = at.path;
  }

  async read(): Promise<FoundCache | undefined> {
    const { tag, digest } = this.#at;
    const entry = (await this.#index()).find((one) =>
      digest === undefined ? one.annotations?.[TAG] === tag : one.digest === digest,
    );
    if (entry === undefined) return undefined;
    const manifest = parseManifest(await this.#document(entry), entry.mediaType);
    if (manifest.kind !== "image") return undefined;
    const { config, layers } = manifest;
    return { configType: config.mediaType, config: await this.#document(config), layers };
  }

  async fetch({ diffId, blob }: PlacedLayer, { signal }: Abortable = {}): Promise<void> {
    const wanted = { diffId, blob, ...(signal === undefined ? {} : { signal }) };
    await this.#store.layers.adopt(createReadStream(this.#pathOf(blob.digest)), wanted);
  }

  async send(
    { diffId }: { readonly diffId: Digest },
    { compression, ...options }: { readonly compression: Compression } & Abortable,
  ): Promise<Descriptor> {
    const { locks, layers, content } = this.#store;
    await using _lock = await locks.hold(`${compression}-${hexOf(diffId)}`, options);
    const blob = await layers.compressed(diffId, compression);
    await this.#write(blob.digest, await content.read(blob.digest, undefined, options));
    return blob;
  }

  async publish(config: Buffer, layers: readonly Descriptor[]): Promise<void> {
    const described = {
      mediaType: CACHE_CONFIG_TYPE,
      digest: digestOf(config),
      size: config.byteLength,
    };
    const raw = encodeManifest({ config: described, layers, artifactType: CACHE_ARTIFACT_TYPE });
    const manifest = {
      mediaType: MEDIA_TYPES.manifest,
      digest: digestOf(raw),
      size: raw.byteLength,
      annotations: { [TAG]: this.#at.tag },
    };
    await this.#write(described.digest, streamOf(config));
    await this.#write(manifest.digest, streamOf(raw));
    // Several builds may keep caches of different tags in it.
    await using _lock = await this.#store.locks.hold(`cache-${hexOf(digestOf(this.#at.path))}`);
    const others = (await this.#index()).filter(({ annotations }) => annotations?.[TAG] !== this.#at.tag);
    await this.#replace("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [...others, manifest] };
    await this.#replace("index.json", JSON.stringify(index));
  }

  /** What the layout names; nothing when there is none. */
  async #index(): Promise<readonly Descriptor[]> {
    const path = join(this.#at.path, "index.json");
    if (!existsSync(path)) return [];
    const index = parseManifest(await readAll(createReadStream(path), INDEX_LIMIT), MEDIA_TYPES.index);
    return index.kind === "index" ? index.manifests : [];
  }

  async #document(blob: Descriptor): Promise<Buffer> {
    if (blob.size > DOCUMENT_LIMIT)
      throw new Failure("MANIFEST_INVALID", {
        why: `a document of ${blob.size} bytes, at most ${DOCUMENT_LIMIT} are accepted`,
      });
    return readAll(verified(createReadStream(this.#pathOf(blob.digest)), blob), DOCUMENT_LIMIT);
  }

  #pathOf(digest: Digest): string {
    return join(this.#at.path, "blobs", algorithmOf(digest), hexOf(digest));
  }

  /** A reader never sees half a blob. */
  async #write(digest: Digest, content: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#pathOf(digest);
    if (existsSync(path)) return;
    await mkdir(join(path, ".."), { recursive: true });
    const temporary = `${path}.${newId().slice(0, 12)}`;
    try {
      await pipeline(content, createWriteStream(temporary));
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async #replace(name: string, content: string): Promise<void> {
    const path = join(this.#at.path, name);
    const temporary = `${path}.${newId().slice(0, 12)}`;
    await writeFile(temporary, content);
    await rename(temporary, path);
  }
}
