import { parseDigest } from "../../core/digest.ts";
import type { Document } from "../../core/document.ts";
import { Failure } from "../../core/errors.ts";
import type { ImageAttestation } from "../../engine/api.ts";
import { number, text } from "../http/fields.ts";

const KINDS = ["provenance", "sbom"] as const satisfies readonly ImageAttestation["kind"][];

/** One of the list of GET /images/{name}/attestations, which is a path of Slipway's own. Throws DAEMON_ANSWER_INVALID, DIGEST_INVALID. */
export function readAttestation(document: Document): ImageAttestation {
  const kind = KINDS.find((one) => one === text(document, "Kind"));
  if (kind === undefined)
    throw new Failure("DAEMON_ANSWER_INVALID", {
      why: `an attestation of the kind ${text(document, "Kind")}`,
    });
  return {
    kind,
    type: text(document, "PredicateType"),
    digest: parseDigest(text(document, "Digest")),
    bytes: number(document, "Size"),
    document: document["Predicate"],
  };
}
