import type { Descriptor } from "../../../core/descriptor.ts";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { familiarReference, type Reference } from "../../../core/reference.ts";
import type { Abortable } from "../../../core/streams.ts";
import { encodeIndex } from "../../../image/manifest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import type { ListMember } from "../../../store/types.ts";
import type { RawManifest } from "../repository.ts";
import { pushImage } from "./push-image.ts";
import type { PushParts } from "./push-layer.ts";

export type TaggedReference = Reference & { readonly tag: string };

/** Sends what a tag stands for: an image, or an index after the image of each of its platforms. Resolves with the digest of what it is then. */
export async function pushTag(
  parts: PushParts,
  reference: TaggedReference,
  options: Abortable = {},
): Promise<Digest> {
  const { store } = parts;
  const text = familiarReference(reference);
  const members = store.images.members(text);
  const sent =
    members === undefined
      ? await pushImage(parts, { image: store.images.get(text), reference, name: reference.tag }, options)
      : await pushIndex(parts, { members, reference }, options);
  return sent.digest;
}

async function pushIndex(
  parts: PushParts,
  { members, reference }: { readonly members: readonly ListMember[]; readonly reference: TaggedReference },
  options: Abortable,
): Promise<RawManifest> {
  const { store, repository, report } = parts;
  await using lease = store.leases.open(`pushing ${familiarReference(reference)}`);
  for (const { image } of members) lease.blob(image);
  const manifests: Descriptor[] = [];
  for (const { image, platform } of members) {
    const pushed = { image: store.images.get(image), reference, name: undefined };
    const { mediaType, digest, raw } = await pushImage(parts, pushed, options);
    manifests.push({ mediaType, digest, size: raw.byteLength, platform });
  }
  const raw = encodeIndex({ mediaType: MEDIA_TYPES.index, manifests });
  const index: RawManifest = { raw, mediaType: MEDIA_TYPES.index, digest: digestOf(raw) };
  await repository.putManifest(reference.tag, index, options);
  report({ status: `${reference.tag}: digest: ${index.digest} size: ${raw.byteLength}` });
  return index;
}
