import type { Digest } from "../../../core/digest.ts";
import type { Platform } from "../../../core/platform.ts";
import { familiarReference, formatReference, type Reference, repositoryOf } from "../../../core/reference.ts";
import type { Abortable } from "../../../core/streams.ts";
import type { Store } from "../../../store/types.ts";
import type { Repository } from "../repository.ts";
import type { Report } from "./events.ts";
import { pullLayers } from "./pull-layers.ts";
import type { RemoteBlobs } from "./remote-blobs.ts";
import { layersOf, type ResolvedImage, resolveImage } from "./resolve-image.ts";

export interface PullParts {
  readonly store: Store;
  readonly repository: Repository;
  readonly remote: RemoteBlobs;
  readonly report: Report;
}
export interface PullRequest {
  /** With a tag, a digest, or both; the digest decides. */
  readonly reference: Reference;
  /** This machine's when absent. */
  readonly platform?: Platform;
}
export interface PulledImage {
  readonly id: Digest;
  /** Of what the reference names in the registry: a manifest or an index. */
  readonly digest: Digest;
  /** False when the reference meant this image before. */
  readonly changed: boolean;
}

/**
 * Brings one image into the store, its documents and compressed layers byte for byte as they came, so that a push sends the same again.
 * Nothing is named before all of it is there and verified.
 */
export async function pullImage(
  parts: PullParts,
  { reference, platform }: PullRequest,
  options: Abortable = {},
): Promise<PulledImage> {
  const { store, repository, report } = parts;
  const at = reference.digest ?? reference.tag ?? "latest";
  const name = familiarReference(reference);
  const image = await resolveImage(repository, {
    reference: at,
    name,
    ...(platform === undefined ? {} : { platform }),
    ...options,
  });
  report({ id: reference.digest === undefined ? at : name, status: `Pulling from ${reference.path}` });
  const before = store.images.find(name)?.id;
  await using lease = store.leases.open(`pulling ${name}`);
  const present = store.images.find(image.manifest.config.digest) !== undefined;
  if (!present) await pullLayers({ ...parts, lease }, layersOf(image), options);
  report({ status: `Digest: ${image.root.digest}` });
  const id = await publish(store, reference, image);
  parts.remote.note(
    reference,
    image.manifest.layers.map(({ digest }) => digest),
  );
  return { id, digest: image.root.digest, changed: id !== before };
}

async function publish(store: Store, reference: Reference, image: ResolvedImage): Promise<Digest> {
  const { root, manifest, config, rawConfig } = image;
  // An index is kept for its digest's sake: the image is known by it.
  await store.content.put(root.raw, { sync: false });
  const names = reference.digest === undefined ? [formatReference(reference)] : [];
  const { id } = await store.images.publish(
    { config, rawConfig, rawManifest: manifest.raw, manifestType: manifest.mediaType },
    names,
  );
  store.images.addDigest(id, `${repositoryOf(reference)}@${root.digest}`);
  return id;
}
