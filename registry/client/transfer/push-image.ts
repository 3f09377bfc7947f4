import type { Descriptor } from "../../../core/descriptor.ts";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { mapLimited } from "../../../core/map-limited.ts";
import { familiarReference, type Reference, repositoryOf } from "../../../core/reference.ts";
import type { Abortable, ByteStream } from "../../../core/streams.ts";
import { encodeManifest, type ImageManifest, parseManifest } from "../../../image/manifest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import type { ImageRecord, Store } from "../../../store/types.ts";
import type { RawManifest } from "../repository.ts";
import { shortDigest } from "./pull-layers.ts";
import { pushAttestations } from "./push-attestations.ts";
import { pushBlob } from "./push-blob.ts";
import { type LayerPush, type PushParts, pushLayer } from "./push-layer.ts";

/** As dockerd's max-concurrent-uploads. */
const PARALLEL = 5;

/** An image, and what it is called where it is sent: `name` is a tag, or undefined for its digest alone. */
export interface Pushed {
  readonly image: ImageRecord;
  readonly reference: Reference;
  readonly name: string | undefined;
}

/**
 * Sends one image. One that was pulled goes as it came; of others the layers are compressed, each once in its life, and the manifest says so,
 * while the configuration and with it the image's id stay. To a registry on our own store nothing is sent and nothing compressed.
 * Resolves with the manifest.
 */
export async function pushImage(
  parts: PushParts,
  { image, reference, name }: Pushed,
  options: Abortable = {},
): Promise<RawManifest> {
  const { store } = parts;
  await using lease = store.leases.open(`pushing ${familiarReference(reference)}`);
  for (const digest of [image.id, image.manifest.digest, ...image.layers]) lease.blob(digest);
  const own = await ownManifest(store, image);
  const config = (): Promise<ByteStream> => store.content.read(own.config.digest, undefined, options);
  const raw = await sendImage(parts, { layers: image.layers, own, config, reference, name }, options);
  await pushAttestations(parts, { image: image.id, manifest: raw }, options);
  if (raw.digest !== image.manifest.digest) {
    await store.content.put(raw.raw, { sync: false });
    await store.flush();
  }
  // The image is known by the digest it has in the registry.
  store.images.addDigest(image.id, `${repositoryOf(reference)}@${raw.digest}`);
  return raw;
}

export interface Sending {
  /** Diff ids, lowest first. */
  readonly layers: readonly Digest[];
  /** The manifest it has here, which is sent as it is when the registry can have the same blobs. */
  readonly own: ImageManifest;
  readonly config: () => ByteStream | Promise<ByteStream>;
  readonly reference: Reference;
  /** What it is called there: a tag, or undefined for its digest alone. */
  readonly name: string | undefined;
}

/** Sends layers, configuration and manifest. Resolves with the manifest as it was sent. */
export async function sendImage(
  parts: PushParts,
  image: Sending,
  options: Abortable = {},
): Promise<RawManifest> {
  const { repository, report, remote } = parts;
  const { own, reference, name } = image;
  const layers = await pushBlobs(parts, image, options);
  const manifest = own.layers.every((layer, i) => layer.digest === layers[i]?.digest)
    ? own.raw
    : encodeManifest({ config: inOci(own.config), layers: layers.map(inOci), ...annotationsIn(own) });
  const { mediaType } = parseManifest(manifest);
  const raw: RawManifest = { raw: manifest, mediaType, digest: digestOf(manifest) };
  await repository.putManifest(name ?? raw.digest, raw, options);
  remote.note(
    reference,
    layers.map(({ digest }) => digest),
  );
  if (name !== undefined) report({ status: `${name}: digest: ${raw.digest} size: ${manifest.byteLength}` });
  return raw;
}

/** A manifest of ours is OCI's, and so are the types in it; the bytes are the same under either name. */
const OCI_TYPES: Readonly<Record<string, string>> = {
  [MEDIA_TYPES.dockerConfig]: MEDIA_TYPES.config,
  [MEDIA_TYPES.dockerLayer]: MEDIA_TYPES.layer,
  [MEDIA_TYPES.dockerLayerGzip]: MEDIA_TYPES.layerGzip,
};

const inOci = (descriptor: Descriptor): Descriptor => ({
  ...descriptor,
  mediaType: OCI_TYPES[descriptor.mediaType] ?? descriptor.mediaType,
});

const annotationsIn = ({ annotations }: ImageManifest): Pick<ImageManifest, "annotations"> =>
  annotations === undefined ? {} : { annotations };

async function ownManifest(store: Store, { manifest }: ImageRecord): Promise<ImageManifest> {
  const parsed = parseManifest(await store.content.readDocument(manifest.digest), manifest.mediaType);
  if (parsed.kind !== "image") throw new TypeError(`the manifest of an image is an ${parsed.kind}`);
  return parsed;
}

/** Sends the configuration beside the layers. Resolves with the layers as the manifest shall name them. */
async function pushBlobs(
  parts: PushParts,
  image: Sending,
  { signal }: Abortable,
): Promise<readonly Descriptor[]> {
  const failed = new AbortController();
  const both = { signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]) };
  const config = pushBlob(parts.repository, { blob: image.own.config, open: image.config }, both);
  // Looked at when the layers are there.
  config.catch(() => undefined);
  try {
    const layers = await pushLayers(parts, image, both);
    await config;
    return layers;
  } catch (error) {
    failed.abort(error);
    await config.catch(() => undefined);
    throw error;
  }
}

/** Sends what is missing, topmost first as docker lists it. Resolves with the layers as the manifest shall name them. */
async function pushLayers(
  parts: PushParts,
  image: Omit<Sending, "config">,
  options: Abortable,
): Promise<readonly Descriptor[]> {
  const { layers } = image;
  const distinct = [...new Set(layers)].reverse();
  for (const diffId of distinct) parts.report({ id: shortDigest(diffId), status: "Preparing" });
  for (const diffId of distinct.slice(PARALLEL)) parts.report({ id: shortDigest(diffId), status: "Waiting" });
  const sent = new Map<Digest, Descriptor>();
  await mapLimited(distinct, PARALLEL, async (diffId) => {
    const named = image.own.layers[layers.indexOf(diffId)];
    const layer: LayerPush = { diffId, named, reference: image.reference };
    sent.set(diffId, await pushLayer(parts, layer, options));
  });
  return layers.flatMap((diffId) => sent.get(diffId) ?? []);
}
