import { type AttestationsWanted, isForImages, readAttestation } from "../../core/build-attestations.ts";
import { Failure } from "../../core/errors.ts";
import type { Output } from "./outputs.ts";

interface AttestationFlags {
  readonly attest: readonly string[];
  readonly provenance: string | undefined;
  readonly sbom: string | undefined;
}

/**
 * `--attest`, and its shorthands `--provenance` and `--sbom`; undefined when nothing was said. Throws OPTION_INVALID, OPTION_UNSUPPORTED, and
 * OPTIONS_CONFLICT for outputs that have no place for attestations.
 */
export function readAttestations(
  { attest, provenance, sbom }: AttestationFlags,
  outputs: readonly Output[],
): AttestationsWanted | undefined {
  const given = [
    ...attest.map((text) => readAttestation("--attest", text)),
    ...(provenance === undefined ? [] : [readAttestation("--provenance", provenance, "provenance")]),
    ...(sbom === undefined ? [] : [readAttestation("--sbom", sbom, "sbom")]),
  ];
  const kinds = given.flatMap((one) => Object.keys(one));
  const twice = kinds.find((kind, i) => kinds.indexOf(kind) !== i);
  if (twice !== undefined)
    throw new Failure("OPTIONS_CONFLICT", { one: `two attestations of type ${twice}`, other: "one image" });
  if (given.length === 0) return undefined;
  const wanted: AttestationsWanted = Object.assign({}, ...given);
  refuseFiles(wanted, outputs);
  return wanted;
}

/** Attestations are kept with images of the store and in registries. */
function refuseFiles(wanted: AttestationsWanted, outputs: readonly Output[]): void {
  if (!isForImages(wanted) || outputs.every(({ type }) => type === "image")) return;
  throw new Failure(
    "OPTIONS_CONFLICT",
    { one: "attestations", other: "--output to files" },
    { hint: "they are kept with images of the store (slipway attest) and pushed with them" },
  );
}
