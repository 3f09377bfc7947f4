import type { Descriptor } from "../../core/descriptor.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { formatPlatform, hostPlatform, type Platform } from "../../core/platform.ts";
import { familiarReference, parseReference } from "../../core/reference.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";
import { type DockerArchiveImage, parseDockerArchive } from "../../image/archive/docker-archive.ts";
import { parseConfig } from "../../image/config.ts";
import { findImage, parseConfigOf, requireImageConfig } from "../../image/find-image.ts";
import { type ImageManifest, type Manifest, parseManifest } from "../../image/manifest.ts";
import type { Store } from "../types.ts";
import { type ArchiveFiles, unpackImageArchive } from "./unpack-archive.ts";

export interface LoadOptions extends Abortable {
  /** Which image of an index is taken; this machine's when absent. */
  readonly platform?: Platform;
}
export interface LoadedImage {
  /** Familiar form; absent for an image without a tag. */
  readonly reference?: string;
  readonly id: Digest;
}

/**
 * Loads what `docker save`, buildah, podman, skopeo or crane wrote: a docker-archive of any age or an OCI image layout, plain or compressed.
 * Nothing is published unless all of it is whole. Rejects with ARCHIVE_INVALID, DIGEST_MISMATCH, MANIFEST_INVALID.
 */
export async function loadImages(
  store: Store,
  source: ByteStream,
  options: LoadOptions = {},
): Promise<readonly LoadedImage[]> {
  await using _lease = store.leases.open("loading images");
  const plain = store.layers.inflated(source, options);
  const files = await unpackImageArchive(plain, store.content, options.signal);
  const dockerArchive = files.find("manifest.json");
  const found =
    dockerArchive === undefined
      ? await readLayout(store, files, options.platform ?? hostPlatform())
      : await readDockerArchive(store, files, dockerArchive);
  const loaded: LoadedImage[] = [];
  for (const { publish, tags } of found) {
    const { id } = await store.images.publish(publish, tags);
    loaded.push(...(tags.length === 0 ? [{ id }] : tags.map((tag) => ({ id, reference: familiar(tag) }))));
  }
  return loaded;
}

const familiar = (tag: string): string => familiarReference(parseReference(tag));

interface Found {
  readonly publish: Parameters<Store["images"]["publish"]>[0];
  readonly tags: readonly string[];
}

async function readDockerArchive(
  store: Store,
  files: ArchiveFiles,
  manifest: Digest,
): Promise<readonly Found[]> {
  const images = parseDockerArchive(await store.content.readDocument(manifest));
  const found: Found[] = [];
  for (const image of images) found.push(await readDockerImage(store, files, image));
  return found;
}

async function readDockerImage(store: Store, files: ArchiveFiles, image: DockerArchiveImage): Promise<Found> {
  const rawConfig = await store.content.readDocument(files.get(image.config));
  const config = parseConfig(rawConfig);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== image.layers.length)
    throw new Failure("ARCHIVE_INVALID", {
      why: `${image.config} names ${diffIds.length} layers, manifest.json ${image.layers.length}`,
    });
  for (const [i, diffId] of diffIds.entries()) {
    const digest = files.get(image.layers[i] ?? "");
    if (digest !== diffId) await store.layers.inflateBlob(digest, { diffId });
  }
  image.tags.forEach(parseReference);
  return { publish: { config, rawConfig }, tags: image.tags };
}

async function readLayout(store: Store, files: ArchiveFiles, platform: Platform): Promise<readonly Found[]> {
  const entry = files.find("index.json");
  if (entry === undefined)
    throw new Failure("ARCHIVE_INVALID", { why: "neither manifest.json nor index.json is in it" });
  const index = parseManifest(await store.content.readDocument(entry));
  if (index.kind !== "index") throw new Failure("ARCHIVE_INVALID", { why: "index.json is no index" });
  const byImage = new Map<Digest, Found>();
  for (const descriptor of index.manifests) {
    const manifest = await resolveImage(store, files, { descriptor, platform });
    const tags = tagsOf(descriptor);
    const key = digestOf(manifest.raw);
    const known = byImage.get(key);
    byImage.set(
      key,
      known === undefined
        ? await readLayoutImage(store, files, { manifest, tags })
        : { ...known, tags: [...known.tags, ...tags] },
    );
  }
  return [...byImage.values()];
}

const blobPath = (digest: Digest): string => `blobs/${digest.replace(":", "/")}`;

/** The image manifest a descriptor means: itself, or of an index the one for the platform. */
async function resolveImage(
  store: Store,
  files: ArchiveFiles,
  { descriptor, platform }: { readonly descriptor: Descriptor; readonly platform: Platform },
): Promise<ImageManifest> {
  const read = async ({ digest, mediaType }: Descriptor): Promise<Manifest> =>
    parseManifest(await store.content.readDocument(files.get(blobPath(digest))), mediaType);
  const found = await findImage(await read(descriptor), platform, read);
  if (found !== undefined) return found;
  const why = `no image for ${formatPlatform(platform)} in ${descriptor.digest}`;
  throw new Failure("ARCHIVE_INVALID", { why });
}

async function readLayoutImage(
  store: Store,
  files: ArchiveFiles,
  { manifest, tags }: { readonly manifest: ImageManifest; readonly tags: readonly string[] },
): Promise<Found> {
  requireImageConfig(manifest.config);
  const rawConfig = await store.content.readDocument(files.get(blobPath(manifest.config.digest)));
  const config = parseConfigOf(manifest, rawConfig);
  for (const [i, blob] of manifest.layers.entries()) {
    const diffId = config.rootfs.diff_ids[i];
    files.get(blobPath(blob.digest));
    if (diffId !== undefined && blob.digest !== diffId)
      await store.layers.inflateBlob(blob.digest, { diffId, mediaType: blob.mediaType });
  }
  const publish = { config, rawConfig, rawManifest: manifest.raw, manifestType: manifest.mediaType };
  return { publish, tags };
}

/** containerd writes the whole name; others write what they were told, which may be a tag alone and then names nothing. */
function tagsOf({ annotations = {} }: Descriptor): readonly string[] {
  const name = annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"];
  if (name === undefined || !/[:/]/.test(name)) return [];
  const reference = parseReference(name);
  return reference.digest === undefined ? [name] : [];
}
