import type { Descriptor } from "../../core/descriptor.ts";
import { Failure } from "../../core/errors.ts";
import { type Manifest, parseManifest } from "../../image/manifest.ts";
import type { NewManifest } from "../storage/registry-metadata.ts";

/** Docker image manifest schema 1, which carries no digests of what it is made of and is long out of use. */
const SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+";
/** image-spec, media-types.md: layers that need not be in the registry. */
const NONDISTRIBUTABLE = [
  "application/vnd.oci.image.layer.nondistributable.v1.tar",
  "application/vnd.docker.image.rootfs.foreign.diff.tar",
];

/** Reads what the registry has to know of a manifest. Throws MANIFEST_INVALID. */
export function readManifest(
  content: Uint8Array,
  contentType: string | undefined,
): Omit<NewManifest, "digest" | "size"> {
  const sent = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  if (sent?.startsWith(SCHEMA_1) === true)
    throw new Failure("MANIFEST_INVALID", {
      why: "schema 1 manifests are not supported: push with a client that writes schema 2 or OCI manifests",
    });
  const manifest = parseManifest(content, sent === "" ? undefined : sent);
  const { mediaType, annotations, subject } = manifest;
  const artifactType = artifactTypeOf(manifest);
  return {
    mediaType,
    ...(annotations === undefined ? {} : { annotations }),
    ...(subject === undefined ? {} : { subject: subject.digest }),
    ...(artifactType === undefined ? {} : { artifactType }),
    blobs: manifest.kind === "image" ? requiredBlobs([manifest.config, ...manifest.layers]) : [],
    manifests: manifest.kind === "index" ? manifest.manifests.map(({ digest }) => digest) : [],
  };
}

/** distribution-spec, "Listing Referrers". */
const artifactTypeOf = (manifest: Manifest): string | undefined =>
  manifest.artifactType ?? (manifest.kind === "image" ? manifest.config.mediaType : undefined);

const requiredBlobs = (descriptors: readonly Descriptor[]) => [
  ...new Set(
    descriptors
      .filter(({ mediaType }) => !NONDISTRIBUTABLE.some((type) => mediaType.startsWith(type)))
      .map(({ digest }) => digest),
  ),
];
