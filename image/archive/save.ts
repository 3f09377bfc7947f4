import { pack as createPack, type Header, type Pack } from "tar-stream";
import type { Annotations } from "../../core/annotations.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import { type Digest, digestOf, hexOf } from "../../core/digest.ts";
import { filled } from "../../core/filled.ts";
import type { Platform } from "../../core/platform.ts";
import { familiarName, familiarReference, formatReference, type Reference } from "../../core/reference.ts";
import type { ByteStream } from "../../core/streams.ts";
import { encodeIndex, encodeManifest } from "../manifest.ts";
import { MEDIA_TYPES } from "../media-types.ts";

export interface SavedImage {
  readonly rawConfig: Uint8Array;
  /** The uncompressed layers, lowest first. */
  readonly layers: readonly Descriptor[];
  /** Of its manifest. */
  readonly annotations?: Annotations;
  /** With tag; empty for an image that is saved by its id. */
  readonly references: readonly Reference[];
}

/** Everything carries this time, so that equal images give equal archives. */
const EPOCH = new Date(0);
const FOLDER = { type: "directory", mode: 0o755, mtime: EPOCH } satisfies Partial<Header>;
const FILE = { type: "file", mode: 0o644, mtime: EPOCH } satisfies Partial<Header>;

/**
 * Writes one tar that is a docker-archive and an OCI image layout at once, as `docker save` does since version 25: blobs/sha256/<hex> once for
 * all images, index.json and oci-layout (OCI image-spec, image-layout.md), manifest.json, and repositories for programs before Docker 1.10.
 */
export const saveArchive = (images: readonly SavedImage[], read: ReadBlob): AsyncGenerator<Uint8Array> =>
  write(describe(images), read);

export interface SavedList {
  readonly members: readonly (SavedImage & { readonly platform: Platform })[];
  readonly references: readonly Reference[];
}

/** Writes an OCI image layout as a tar whose one image is an index; what only knows docker-archives does not read it. */
export const saveListArchive = (list: SavedList, read: ReadBlob): AsyncGenerator<Uint8Array> =>
  write(describeList(list), read);

type ReadBlob = (digest: Digest) => Promise<ByteStream>;

function write(contents: Contents, read: ReadBlob): AsyncGenerator<Uint8Array> {
  const pack = createPack();
  return filled(pack, async () => {
    pack.entry({ ...FOLDER, name: "blobs/" });
    pack.entry({ ...FOLDER, name: "blobs/sha256/" });
    for (const [digest, blob] of [...contents.blobs].sort(([a], [b]) => (a < b ? -1 : 1)))
      await writeBlob(
        pack,
        digest,
        "size" in blob ? { size: blob.size, bytes: await read(digest) } : blob.raw,
      );
    for (const [name, document] of Object.entries(contents.documents).sort(([a], [b]) => (a < b ? -1 : 1)))
      pack.entry({ ...FILE, name }, JSON.stringify(document));
    pack.finalize();
  });
}

type Blobs = Map<Digest, { readonly raw: Uint8Array } | { readonly size: number }>;

interface Contents {
  readonly blobs: Readonly<Blobs>;
  readonly documents: Readonly<Record<string, unknown>>;
}

function describe(images: readonly SavedImage[]): Contents {
  const blobs: Blobs = new Map();
  const index: Descriptor[] = [];
  const list: unknown[] = [];
  const repositories: Record<string, Record<string, string>> = {};
  for (const image of images) {
    const { layers, references } = image;
    const { config, manifest } = addImage(blobs, image);
    index.push(...named(manifest, references));
    for (const reference of references) {
      const { tag = "" } = reference;
      const top = layers.at(-1);
      const name = familiarName(reference);
      if (top !== undefined) repositories[name] = { ...repositories[name], [tag]: hexOf(top.digest) };
    }
    list.push(dockerEntry(config, layers, references));
  }
  return {
    blobs,
    documents: {
      ...layoutDocuments(index),
      "manifest.json": list,
      ...(Object.keys(repositories).length === 0 ? {} : { repositories }),
    },
  };
}

function describeList({ members, references }: SavedList): Contents {
  const blobs: Blobs = new Map();
  const manifests = members.map((member) => ({
    ...addImage(blobs, member).manifest,
    platform: member.platform,
  }));
  const raw = encodeIndex({ mediaType: MEDIA_TYPES.index, manifests });
  const list = { mediaType: MEDIA_TYPES.index, digest: digestOf(raw), size: raw.byteLength };
  blobs.set(list.digest, { raw });
  return { blobs, documents: layoutDocuments(named(list, references)) };
}

const layoutDocuments = (manifests: readonly unknown[]) => ({
  "index.json": { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests },
  "oci-layout": { imageLayoutVersion: "1.0.0" },
});

function addImage(blobs: Blobs, { rawConfig, layers, annotations }: SavedImage) {
  const config = { mediaType: MEDIA_TYPES.config, digest: digestOf(rawConfig), size: rawConfig.byteLength };
  const raw = encodeManifest({ config, layers, ...(annotations === undefined ? {} : { annotations }) });
  const manifest = { mediaType: MEDIA_TYPES.manifest, digest: digestOf(raw), size: raw.byteLength };
  for (const { digest, size } of layers) blobs.set(digest, { size });
  blobs.set(config.digest, { raw: rawConfig }).set(manifest.digest, { raw });
  return { config, manifest };
}

/** A descriptor under each of its names. */
function named(descriptor: Descriptor, references: readonly Reference[]): readonly Descriptor[] {
  if (references.length === 0) return [descriptor];
  return references.map((reference) => ({
    ...descriptor,
    annotations: {
      "io.containerd.image.name": formatReference(reference),
      "org.opencontainers.image.ref.name": reference.tag ?? "",
    },
  }));
}

const blobPath = (digest: Digest): string => `blobs/sha256/${hexOf(digest)}`;

/** An image in manifest.json, https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format */
function dockerEntry(
  config: Descriptor,
  layers: readonly Descriptor[],
  references: readonly Reference[],
): unknown {
  const sources = layers
    .toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
    .map(({ digest, size }) => [digest, { mediaType: MEDIA_TYPES.layer, size, digest }]);
  return {
    Config: blobPath(config.digest),
    RepoTags: references.length === 0 ? null : references.map(familiarReference),
    Layers: layers.map(({ digest }) => blobPath(digest)),
    LayerSources: Object.fromEntries(sources),
  };
}

async function writeBlob(
  pack: Pack,
  digest: Digest,
  content: Uint8Array | { readonly size: number; readonly bytes: ByteStream },
): Promise<void> {
  const name = blobPath(digest);
  if (content instanceof Uint8Array) {
    pack.entry({ ...FILE, name }, Buffer.from(content));
    return;
  }
  const entry = pack.entry({ ...FILE, name, size: content.size });
  const closed = new Promise<void>((resolve, reject) => {
    entry.once("close", () => resolve());
    entry.once("error", reject);
  });
  for await (const chunk of content.bytes) {
    // The reader of the archive left.
    if (entry.destroyed) return;
    if (!entry.write(chunk))
      await Promise.race([new Promise<void>((resolve) => entry.once("drain", () => resolve())), closed]);
  }
  entry.end(undefined);
  await closed;
}
