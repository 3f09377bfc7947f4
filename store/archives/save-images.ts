import type { Digest } from "../../core/digest.ts";
import { Failure, isCode } from "../../core/errors.ts";
import {
  familiarReference,
  parseReference,
  type Reference,
  repositoryOf,
  withDefaultTag,
} from "../../core/reference.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";
import { type SavedImage, type SavedList, saveArchive, saveListArchive } from "../../image/archive/save.ts";
import { parseManifest } from "../../image/manifest.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import type { ImageRecord, ListMember, Store } from "../types.ts";

/**
 * Saves images as one archive. As with `docker save`, a name without a tag means all tags of that repository, a name with one that tag, an id the
 * image without names. Rejects with IMAGE_UNKNOWN before the first byte.
 */
export async function* saveImages(
  store: Store,
  names: readonly string[],
  options: Abortable = {},
): AsyncGenerator<Uint8Array> {
  await using lease = store.leases.open("saving images");
  const chosen = choose(store, names);
  for (const { image } of chosen.values())
    for (const digest of [image.id, image.manifest.digest, ...image.layers]) lease.blob(digest);
  const saved: SavedImage[] = [];
  for (const { image, references } of chosen.values())
    saved.push({ ...(await savedImage(store, image)), references: [...references.values()] });
  const read = (digest: Digest): Promise<ByteStream> => store.content.read(digest, undefined, options);
  yield* saveArchive(saved, read);
}

/** Saves images of several platforms as the members of one index, under each of the tags. Rejects with IMAGE_UNKNOWN before the first byte. */
export async function* saveList(
  store: Store,
  { members, tags }: { readonly members: readonly ListMember[]; readonly tags: readonly string[] },
  options: Abortable = {},
): AsyncGenerator<Uint8Array> {
  await using lease = store.leases.open("saving images");
  const saved: SavedList["members"][number][] = [];
  for (const { image: id, platform } of members) {
    const image = store.images.get(id);
    for (const digest of [id, image.manifest.digest, ...image.layers]) lease.blob(digest);
    saved.push({ ...(await savedImage(store, image)), references: [], platform });
  }
  const read = (digest: Digest): Promise<ByteStream> => store.content.read(digest, undefined, options);
  yield* saveListArchive(
    { members: saved, references: tags.map((tag) => withDefaultTag(parseReference(tag))) },
    read,
  );
}

async function savedImage(store: Store, image: ImageRecord): Promise<Omit<SavedImage, "references">> {
  const layers = image.layers.map((digest) => ({
    mediaType: MEDIA_TYPES.layer,
    digest,
    size: sizeOf(store, digest),
  }));
  const { manifest } = image;
  const { annotations } = parseManifest(
    await store.content.readDocument(manifest.digest),
    manifest.mediaType,
  );
  return {
    rawConfig: await store.images.rawConfig(image.id),
    layers,
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function sizeOf(store: Store, diffId: Digest): number {
  const info = store.layers.stat(diffId);
  if (info === undefined) throw new Failure("LAYER_UNKNOWN", { diffId });
  return info.size;
}

interface Chosen {
  readonly image: ImageRecord;
  /** By their familiar form. */
  readonly references: Map<string, Reference>;
}

function choose(store: Store, names: readonly string[]): ReadonlyMap<Digest, Chosen> {
  const chosen = new Map<Digest, Chosen>();
  const add = (image: ImageRecord, tags: readonly string[]): void => {
    const entry = chosen.get(image.id) ?? { image, references: new Map<string, Reference>() };
    chosen.set(image.id, entry);
    for (const tag of tags) entry.references.set(tag, parseReference(tag));
  };
  for (const name of names) {
    const ofRepository = imagesOfRepository(store, name);
    for (const { image, tags } of ofRepository) add(image, tags);
    if (ofRepository.length > 0) continue;
    const image = store.images.get(name);
    const wanted = namedTag(name);
    add(image, wanted === undefined ? [] : image.tags.filter((tag) => tag === wanted));
  }
  return chosen;
}

/** What a bare repository name stands for. */
function imagesOfRepository(
  store: Store,
  name: string,
): readonly { readonly image: ImageRecord; readonly tags: readonly string[] }[] {
  const reference = tryParse(name);
  if (reference === undefined || reference.tag !== undefined || reference.digest !== undefined) return [];
  const repository = repositoryOf(reference);
  return store.images
    .list()
    .map((image) => ({
      image,
      tags: image.tags.filter((tag) => repositoryOf(parseReference(tag)) === repository),
    }))
    .filter(({ tags }) => tags.length > 0);
}

/** The tag a name says in full; undefined when it is an id or a digest. */
function namedTag(name: string): string | undefined {
  const reference = tryParse(name);
  return reference?.tag === undefined ? undefined : familiarReference(reference);
}

function tryParse(name: string): Reference | undefined {
  try {
    return parseReference(name);
  } catch (error) {
    // A whole id, or nonsense that the look-up will name.
    if (isCode(error, "REFERENCE_INVALID")) return undefined;
    throw error;
  }
}
