import type { AttestationsWanted, ProvenanceWanted } from "../../core/build-attestations.ts";
import type { Digest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { encodeProvenance } from "../../image/attestations/provenance.ts";
import { encodeSpdx } from "../../image/attestations/spdx.ts";
import type { Predicate } from "../../image/attestations/statement.ts";
import type { ImageConfig } from "../../image/config.ts";
import type { AttestationStore } from "../../store/types.ts";
import type { RootFilesystems } from "../steps/root-filesystems.ts";
import { type Built, provenanceFacts } from "./provenance-facts.ts";
import { scanPackages } from "./scan-packages.ts";

/** What the store reads back as a document. */
const DOCUMENT_LIMIT = 8 << 20;

export interface AttestParts {
  readonly attestations: AttestationStore;
  readonly roots: RootFilesystems;
  readonly signal: AbortSignal;
}
export interface BuiltImage extends Built {
  readonly image: Digest;
  readonly config: ImageConfig;
}

/** Makes what is to be attested of a built image, and keeps it with the image. Rejects with FILE_UNSUITABLE for package databases that cannot be read. */
export async function attestImage(
  { attestations, roots, signal }: AttestParts,
  built: BuiltImage,
  { provenance, sbom }: AttestationsWanted,
): Promise<void> {
  const contents = sbom === true ? await contentsOf(built, { roots, signal }) : undefined;
  await attestations.set(built.image, {
    ...(provenance === undefined ? {} : { provenance: predicateOf(built, provenance) }),
    ...(sbom === undefined ? {} : { sbom: contents }),
  });
}

const predicateOf = (built: Built, wanted: ProvenanceWanted | false): Predicate | undefined =>
  wanted === false
    ? undefined
    : bounded(encodeProvenance(provenanceFacts(built, wanted), wanted.version ?? "v1"));

async function contentsOf(
  { image, config }: BuiltImage,
  { roots, signal }: Pick<AttestParts, "roots" | "signal">,
): Promise<Predicate> {
  const scanned = await roots.read(config.rootfs.diff_ids, (tree) => scanPackages(tree, signal));
  return bounded(encodeSpdx({ image, created: config.created, ...scanned }));
}

function bounded(predicate: Predicate): Predicate {
  const { byteLength } = predicate.document;
  if (byteLength <= DOCUMENT_LIMIT) return predicate;
  throw new Failure("ATTESTATION_TOO_LARGE", {
    type: predicate.type,
    bytes: byteLength,
    limit: DOCUMENT_LIMIT,
  });
}
