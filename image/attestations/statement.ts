import type { Descriptor } from "../../core/descriptor.ts";
import { digestOf, hexOf } from "../../core/digest.ts";
import { MEDIA_TYPES } from "../media-types.ts";

/** What an attestation is about: how the image came to be, or what is in it. */
export const ATTESTATION_KINDS = ["provenance", "sbom"] as const;
export type AttestationKind = (typeof ATTESTATION_KINDS)[number];

/** https://github.com/in-toto/attestation/blob/main/spec/v1/bundle.md#media-type */
export const STATEMENT_TYPE = "application/vnd.in-toto+json";
/** By this clients find the kind of an attestation without reading it; BuildKit's name for it. */
const PREDICATE_ANNOTATION = "in-toto.io/predicate-type";

/** What is said, apart from what it is said of. */
export interface Predicate {
  readonly type: string;
  /** JSON. */
  readonly document: Buffer;
}

interface Blob {
  readonly blob: Descriptor;
  readonly raw: Buffer;
}

/** An attestation as registries have it: a manifest that refers to an image's, over one statement. */
export interface Referrer {
  readonly manifest: Blob;
  readonly config: Blob;
  readonly statement: Blob;
}

/** OCI image-spec, manifest.md#guidance-for-an-empty-descriptor. */
const EMPTY = Buffer.from("{}");

/**
 * An in-toto statement v1 that `predicate` holds for the manifest `subject`; the same input gives the same bytes.
 * https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 */
export function encodeStatement(subject: Pick<Descriptor, "digest">, { type, document }: Predicate): Buffer {
  const [algorithm = ""] = subject.digest.split(":");
  return Buffer.from(
    JSON.stringify({
      _type: "https://in-toto.io/Statement/v1",
      // The specification's name for a subject that its digest alone names: the bytes are the same in every repository.
      subject: [{ name: "_", digest: { [algorithm]: hexOf(subject.digest) } }],
      predicateType: type,
      predicate: JSON.parse(document.toString("utf8")) as unknown,
    }),
  );
}

/** The attestation that `predicate` holds for `subject`; the same input gives the same bytes. OCI image-spec, manifest.md#guidelines-for-artifact-usage. */
export function referrerOf(subject: Descriptor, predicate: Predicate): Referrer {
  const annotations = { [PREDICATE_ANNOTATION]: predicate.type };
  const statement = blobOf(STATEMENT_TYPE, encodeStatement(subject, predicate));
  const config = blobOf(MEDIA_TYPES.empty, EMPTY);
  const { mediaType, digest, size } = subject;
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    artifactType: STATEMENT_TYPE,
    config: config.blob,
    layers: [{ ...statement.blob, annotations }],
    subject: { mediaType, digest, size },
    annotations,
  };
  const { raw, blob } = blobOf(MEDIA_TYPES.manifest, Buffer.from(JSON.stringify(document)));
  return {
    // What a list of referrers tells of it.
    manifest: { raw, blob: { ...blob, artifactType: STATEMENT_TYPE, annotations } },
    config,
    statement,
  };
}

const blobOf = (mediaType: string, raw: Buffer): Blob => ({
  blob: { mediaType, digest: digestOf(raw), size: raw.byteLength },
  raw,
});
