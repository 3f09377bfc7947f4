import { type Digest, digestOf } from "../../../core/digest.ts";
import { familiarReference } from "../../../core/reference.ts";
import { type Abortable, streamOf } from "../../../core/streams.ts";
import { encodeManifest, parseManifest } from "../../../image/manifest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import type { UnstoredImage } from "../../../image/unstored-image.ts";
import { sendImage } from "./push-image.ts";
import type { PushParts } from "./push-layer.ts";
import type { TaggedReference } from "./push-tag.ts";

/** Sends an image that is not in the store: what the target has, or can take from a repository beside it, moves no byte. Resolves with the manifest's digest. */
export async function pushUnstored(
  parts: PushParts,
  { image, reference }: { readonly image: UnstoredImage; readonly reference: TaggedReference },
  options: Abortable = {},
): Promise<Digest> {
  const { store } = parts;
  await using lease = store.leases.open(`pushing ${familiarReference(reference)}`);
  for (const { diffId } of image.layers) lease.blob(diffId);
  const config = {
    mediaType: MEDIA_TYPES.config,
    digest: digestOf(image.config),
    size: image.config.byteLength,
  };
  const layers = image.layers.map(
    ({ diffId, blob }) =>
      blob ?? { mediaType: MEDIA_TYPES.layer, digest: diffId, size: store.layers.stat(diffId)?.size ?? 0 },
  );
  const annotated = image.annotations === undefined ? {} : { annotations: image.annotations };
  const own = parseManifest(encodeManifest({ config, layers, ...annotated }));
  if (own.kind !== "image") throw new TypeError("an image's manifest is no image's");
  const sent = await sendImage(
    parts,
    {
      layers: image.layers.map(({ diffId }) => diffId),
      own,
      config: () => streamOf(image.config),
      reference,
      name: reference.tag,
    },
    options,
  );
  // Nothing keeps it; until it is collected, it can be asked how big it is.
  await store.content.put(sent.raw, { sync: false });
  return sent.digest;
}
