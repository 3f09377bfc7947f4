import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import type { Document } from "../../core/document.ts";
import type { ImageConfig } from "../../image/config.ts";
import type { ImageRecord } from "../../store/types.ts";

export interface SummaryDetails {
  /** Ids of the containers made from it. */
  readonly containers: readonly string[];
  /** Bytes of the layers it has in common with others; only where they were asked for. */
  readonly shared?: number;
  readonly manifests?: boolean;
}

/** Docker Engine API 1.51 "ImageSummary". */
export function imageSummary(record: ImageRecord, config: ImageConfig, details: SummaryDetails): Document {
  const { containers, shared = -1, manifests = false } = details;
  return {
    Containers: containers.length,
    Created: Math.floor(record.createdAt.getTime() / 1000),
    Id: record.id,
    Labels: config.config?.Labels ?? null,
    ParentId: "",
    RepoDigests: record.digests,
    RepoTags: record.tags,
    SharedSize: shared,
    Size: record.size,
    ...(manifests ? imageManifests(record, config, containers) : {}),
  };
}

/** The fields "Descriptor" and "Manifests", of the one manifest that an image here has. */
export function imageManifests(
  { manifest, size }: ImageRecord,
  { os, architecture, variant }: ImageConfig,
  containers: readonly string[],
): Document {
  const platform = { architecture, os, ...(variant === undefined ? {} : { variant }) };
  const descriptor: Descriptor = {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.size,
  };
  const image = { Platform: platform, Containers: containers, Size: { Unpacked: size } };
  return {
    Descriptor: descriptor,
    Manifests: [
      {
        ID: manifest.digest,
        Descriptor: descriptor,
        Available: true,
        Size: { Content: manifest.size, Total: manifest.size + size },
        Kind: "image",
        ImageData: image,
      },
    ],
  };
}

/** How many bytes of an image's layers other images have too. */
export function sharedBytes(
  images: readonly ImageRecord[],
  sizeOf: (layer: Digest) => number,
): (image: ImageRecord) => number {
  const users = new Map<Digest, number>();
  for (const { layers } of images)
    for (const layer of new Set(layers)) users.set(layer, (users.get(layer) ?? 0) + 1);
  return ({ layers }) =>
    [...new Set(layers)].reduce((sum, layer) => sum + ((users.get(layer) ?? 0) > 1 ? sizeOf(layer) : 0), 0);
}
