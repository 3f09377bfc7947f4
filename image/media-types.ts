import type { Compression } from "../core/compression.ts";

/** OCI image-spec media-types.md, and Docker's schema 2 beside each. */
export const MEDIA_TYPES = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
  layerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  layerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  empty: "application/vnd.oci.empty.v1+json",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

/** What a manifest of this type is. */
export const MANIFEST_KINDS: Readonly<Record<string, "image" | "index">> = {
  [MEDIA_TYPES.manifest]: "image",
  [MEDIA_TYPES.dockerManifest]: "image",
  [MEDIA_TYPES.index]: "index",
  [MEDIA_TYPES.dockerIndex]: "index",
};

/** The layer types of an uncompressed tar, whose digest is its diff id. */
export const isPlainLayer = (mediaType: string): boolean =>
  mediaType === MEDIA_TYPES.layer || mediaType === MEDIA_TYPES.dockerLayer;

/** The layer types of each compression; what is made here has the first. */
export const COMPRESSED_LAYERS: Readonly<Record<Compression, readonly [string, ...string[]]>> = {
  gzip: [MEDIA_TYPES.layerGzip, MEDIA_TYPES.dockerLayerGzip],
  zstd: [MEDIA_TYPES.layerZstd],
};
