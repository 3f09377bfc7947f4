import type { Descriptor } from "../../../core/descriptor.ts";
import { type Digest, digestOf, hexOf } from "../../../core/digest.ts";
import { mapLimited } from "../../../core/map-limited.ts";
import { familiarReference, type Reference, repositoryOf } from "../../../core/reference.ts";
import type { Abortable } from "../../../core/streams.ts";
import { encodeManifest, type ImageManifest, parseManifest } from "../../../image/manifest.ts";
import { isPlainLayer } from "../../../image/media-types.ts";
import type { ImageRecord, Store } from "../../../store/types.ts";
import type { RawManifest, Repository } from "../repository.ts";
import { counted, type Report } from "./events.ts";
import { shortDigest } from "./pull-layers.ts";
import { pushBlob } from "./push-blob.ts";

export interface PushParts {
  readonly store: Store;
  readonly repository: Repository;
  readonly report: Report;
}

/** As dockerd's max-concurrent-uploads. */
const PARALLEL = 5;

/**
 * Sends one tagged image. One that was pulled goes as it came; of others the layers are compressed, each once in its life, and the manifest says so,
 * while the configuration and with it the image's id stay. Resolves with the digest of the manifest.
 */
export async function pushImage(
  parts: PushParts,
  reference: Reference & { readonly tag: string },
  options: Abortable = {},
): Promise<Digest> {
  const { store, repository, report } = parts;
  const image = store.images.get(familiarReference(reference));
  await using lease = store.leases.open(`pushing ${familiarReference(reference)}`);
  for (const digest of [image.id, image.manifest.digest, ...image.layers]) lease.blob(digest);
  const own = await ownManifest(store, image);
  const layers = await pushLayers(parts, { image, own }, options);
  const manifest = own.layers.every((layer, i) => layer.digest === layers[i]?.digest)
    ? own.raw
    : encodeManifest({ config: own.config, layers });
  await pushBlob(
    repository,
    { blob: own.config, open: () => store.content.read(own.config.digest) },
    options,
  );
  const { mediaType } = parseManifest(manifest);
  const raw: RawManifest = { raw: manifest, mediaType, digest: digestOf(manifest) };
  await repository.putManifest(reference.tag, raw, options);
  await remember(store, { image, reference, raw });
  report({ status: `${reference.tag}: digest: ${raw.digest} size: ${manifest.byteLength}` });
  return raw.digest;
}

async function ownManifest(store: Store, { manifest }: ImageRecord): Promise<ImageManifest> {
  const parsed = parseManifest(await store.content.readDocument(manifest.digest), manifest.mediaType);
  if (parsed.kind !== "image") throw new TypeError(`the manifest of an image is an ${parsed.kind}`);
  return parsed;
}

/** The image is known by the digest it has in the registry. */
async function remember(
  store: Store,
  {
    image,
    reference,
    raw,
  }: { readonly image: ImageRecord; readonly reference: Reference; readonly raw: RawManifest },
): Promise<void> {
  await store.content.put(raw.raw, { sync: false });
  await store.flush();
  store.images.addDigest(image.id, `${repositoryOf(reference)}@${raw.digest}`);
}

/** Sends what is missing, topmost first as docker lists it. Resolves with the layers as the manifest shall name them. */
async function pushLayers(
  parts: PushParts,
  { image, own }: { readonly image: ImageRecord; readonly own: ImageManifest },
  options: Abortable,
): Promise<readonly Descriptor[]> {
  const distinct = [...new Set(image.layers)].reverse();
  for (const diffId of distinct) parts.report({ id: shortDigest(diffId), status: "Preparing" });
  for (const diffId of distinct.slice(PARALLEL)) parts.report({ id: shortDigest(diffId), status: "Waiting" });
  const sent = new Map<Digest, Descriptor>();
  await mapLimited(distinct, PARALLEL, async (diffId) => {
    const named = own.layers[image.layers.indexOf(diffId)];
    sent.set(diffId, await pushLayer(parts, { diffId, named }, options));
  });
  return image.layers.flatMap((diffId) => sent.get(diffId) ?? []);
}

async function pushLayer(
  parts: PushParts,
  { diffId, named }: { readonly diffId: Digest; readonly named: Descriptor | undefined },
  options: Abortable,
): Promise<Descriptor> {
  const { store, repository, report } = parts;
  const id = shortDigest(diffId);
  const blob = await formOf(store, { diffId, named }, options);
  const open = async () =>
    counted(await store.content.read(blob.digest, undefined, options), (current) =>
      report({ id, status: "Pushing", current, total: blob.size }),
    );
  const pushed = await pushBlob(repository, { blob, open }, options);
  report({ id, status: STATUS(pushed) });
  return blob;
}

const STATUS = (pushed: Awaited<ReturnType<typeof pushBlob>>): string =>
  pushed === "sent"
    ? "Pushed"
    : pushed === "present"
      ? "Layer already exists"
      : `Mounted from ${pushed.mountedFrom}`;

/** The blob a layer is sent as: the one its manifest names, if it is compressed and here; else the layer as gzip. */
async function formOf(
  store: Store,
  { diffId, named }: { readonly diffId: Digest; readonly named: Descriptor | undefined },
  options: Abortable,
): Promise<Descriptor> {
  if (named !== undefined && !isPlainLayer(named.mediaType) && store.content.stat(named.digest) !== undefined)
    return named;
  // Two pushes of one layer at a time would compress it twice.
  await using _lock = await store.locks.hold(`gzip-${hexOf(diffId)}`, options);
  return store.layers.gzip(diffId);
}
