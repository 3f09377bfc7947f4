import type { Compression } from "../../../core/compression.ts";
import type { Descriptor } from "../../../core/descriptor.ts";
import { type Digest, hexOf } from "../../../core/digest.ts";
import { familiarName, type Reference } from "../../../core/reference.ts";
import { type Abortable, type ByteStream, verified } from "../../../core/streams.ts";
import { COMPRESSED_LAYERS, isPlainLayer } from "../../../image/media-types.ts";
import type { Store } from "../../../store/types.ts";
import type { Repository } from "../repository.ts";
import { EarlyUpload } from "./early-upload.ts";
import { counted, type Report } from "./events.ts";
import { shortDigest } from "./pull-layers.ts";
import { type BlobPushed, pushBlob } from "./push-blob.ts";
import type { Place, RemoteBlobs } from "./remote-blobs.ts";

export interface PushParts {
  readonly store: Store;
  readonly repository: Repository;
  readonly remote: RemoteBlobs;
  /** Reads a blob of another repository, of any registry. */
  readonly fetch: (place: Place, blob: Descriptor, options: Abortable) => Promise<ByteStream>;
  /** The form every layer is sent in. When absent, layers that are compressed go as they are, others as gzip. */
  readonly compression?: Compression;
  readonly report: Report;
}

export interface LayerPush {
  readonly diffId: Digest;
  /** The blob by which the image's manifest names the layer. */
  readonly named: Descriptor | undefined;
  readonly reference: Reference;
}

/** Sees to it that the repository has a layer in some form. Resolves with that form. */
export async function pushLayer(parts: PushParts, layer: LayerPush, options: Abortable): Promise<Descriptor> {
  const { store } = parts;
  const { named } = layer;
  if (named !== undefined && isSendable(parts, layer, named)) {
    if (store.content.stat(named.digest) !== undefined)
      return push(parts, layer, { blob: named, open: () => read(store, named, options) }, options);
    const relayed = await relay(parts, layer, { blob: named }, options);
    if (relayed !== undefined) return relayed;
  }
  await using early = new EarlyUpload(parts.repository, options);
  const blob = await compress(parts, layer.diffId, { ...options, early });
  if (await early.finish(blob.digest)) {
    parts.report({ id: shortDigest(layer.diffId), status: "Pushed" });
    return blob;
  }
  return await push(parts, layer, { blob, open: () => read(store, blob, options) }, options);
}

/** A plain tar is sent to no registry but one on this very store, where it is a row, and one that has it already. */
function isSendable(
  { repository, remote, compression }: PushParts,
  { reference }: LayerPush,
  { mediaType, digest }: Descriptor,
): boolean {
  if (compression !== undefined) return COMPRESSED_LAYERS[compression].includes(mediaType);
  if (repository.shares(digest) || !isPlainLayer(mediaType)) return true;
  return remote.places(digest).some(({ domain }) => domain === reference.domain);
}

const read = (store: Store, { digest }: Descriptor, options: Abortable): Promise<ByteStream> =>
  store.content.read(digest, undefined, options);

/**
 * A layer that was here when its image was pulled was not fetched, so the blob the manifest names is only where it was pulled from. It is passed on
 * from there, that the manifest can stay as it is. Undefined when nobody has it any more.
 */
async function relay(
  parts: PushParts,
  layer: LayerPush,
  { blob }: { readonly blob: Descriptor },
  options: Abortable,
): Promise<Descriptor | undefined> {
  const [place] = parts.remote.places(blob.digest);
  if (place === undefined) return undefined;
  const open = async () => verified(await parts.fetch(place, blob, options), blob);
  try {
    return await push(parts, layer, { blob, open }, options);
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
}

/** A smaller layer is compressed before a registry has answered, and may then turn out to be there. */
const EARLY_SIZE = 16 << 20;

/** Two pushes of one layer at a time would compress it twice. A large one is sent while it is compressed, but for a registry that need not be sent it. */
async function compress(
  { store, repository, report, compression = "gzip" }: PushParts,
  diffId: Digest,
  { early, ...options }: Abortable & { readonly early: EarlyUpload },
): Promise<Descriptor> {
  await using _lock = await store.locks.hold(`${compression}-${hexOf(diffId)}`, options);
  const size = store.layers.stat(diffId)?.size ?? 0;
  const isEarly = size >= EARLY_SIZE && !repository.shares(diffId);
  const id = shortDigest(diffId);
  const send = (open: () => ByteStream): void =>
    early.begin(() => counted(open(), (current) => report({ id, status: "Pushing", current })));
  return await store.layers.compressed(diffId, compression, isEarly ? send : undefined);
}

async function push(
  { store, repository, remote, report }: PushParts,
  { diffId, reference }: LayerPush,
  { blob, open }: { readonly blob: Descriptor; readonly open: () => Promise<ByteStream> },
  options: Abortable,
): Promise<Descriptor> {
  const id = shortDigest(diffId);
  const tell = (current: number): void => report({ id, status: "Pushing", current, total: blob.size });
  const elsewhere = remote
    .places(blob.digest)
    .filter(({ domain, path }) => domain === reference.domain && path !== reference.path)
    .map(({ path }) => path);
  const pushed = await pushBlob(
    repository,
    { blob, elsewhere, open: async () => counted(await open(), tell) },
    options,
  );
  // What a registry has, survives a power loss; this one has it because we do.
  if (pushed === "shared") await store.content.settle(blob.digest);
  report({ id, status: inWords(pushed, reference) });
  return blob;
}

function inWords(pushed: BlobPushed, { domain }: Reference): string {
  if (pushed === "sent") return "Pushed";
  if (pushed === "present") return "Layer already exists";
  if (pushed === "shared") return "Mounted from the store of this machine";
  const path = pushed.mountedFrom;
  return `Mounted from ${domain === "docker.io" ? familiarName({ domain, path }) : path}`;
}
