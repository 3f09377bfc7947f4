import { csvText } from "./csv.ts";
import { Failure } from "./errors.ts";
import { Fields } from "./fields.ts";
import { parseBoolean } from "./go-boolean.ts";

export const PROVENANCE_MODES = ["min", "max"] as const;
/** Of SLSA's predicate. */
export const PROVENANCE_VERSIONS = ["v1", "v0.2"] as const;
export type ProvenanceVersion = (typeof PROVENANCE_VERSIONS)[number];

export interface ProvenanceWanted {
  /** "max" tells build arguments, labels, the Dockerfile and its steps too; "min" when absent. */
  readonly mode?: (typeof PROVENANCE_MODES)[number];
  /** "v1" when absent. */
  readonly version?: ProvenanceVersion;
  /** A URI of who builds. */
  readonly builderId?: string;
  /** What the caller claims, not what was tried. */
  readonly reproducible?: boolean;
  /** It is for images alone: nothing is missing where only files are wanted. */
  readonly inlineOnly?: boolean;
}

/** What a build is to attest of its image. What is absent stays as it is; false takes away what an earlier build of an equal image attested. */
export interface AttestationsWanted {
  readonly provenance?: ProvenanceWanted | false;
  readonly sbom?: boolean;
}

/** Whether anything is to be made. */
export const isAttested = ({ provenance = false, sbom = false }: AttestationsWanted = {}): boolean =>
  provenance !== false || sbom;

/** Whether something would be missing where only files are wanted: attestations are kept with images. */
export const isForImages = ({ provenance = false, sbom = false }: AttestationsWanted = {}): boolean =>
  sbom || (provenance !== false && provenance.inlineOnly !== true);

type Kind = keyof AttestationsWanted;
type Reader = (fields: Fields) => AttestationsWanted;

const READERS: Readonly<Record<Kind, Reader>> = {
  provenance: (fields) => {
    const mode = fields.choice("mode", PROVENANCE_MODES);
    const version = fields.choice("version", PROVENANCE_VERSIONS);
    const builderId = fields.take("builder-id");
    const reproducible = fields.boolean("reproducible");
    const inlineOnly = fields.boolean("inline-only");
    return {
      provenance: {
        ...(mode === undefined ? {} : { mode }),
        ...(version === undefined ? {} : { version }),
        ...(builderId === undefined ? {} : { builderId }),
        ...(reproducible === undefined ? {} : { reproducible }),
        ...(inlineOnly === undefined ? {} : { inlineOnly }),
      },
    };
  },
  sbom: (fields) => {
    const generator = fields.take("generator");
    if (generator === undefined) return { sbom: true };
    throw new Failure(
      "OPTION_UNSUPPORTED",
      { option: `the SBOM generator ${generator}` },
      { hint: "leave generator out: package databases are read without one" },
    );
  },
};

/**
 * Reads one attestation as flags and BuildKit's attributes have it: "true", "false", or fields like "mode=max,version=v1". Without `kind`, the
 * field "type" says which. Throws OPTION_INVALID, OPTION_UNSUPPORTED.
 */
export function readAttestation(option: string, text: string, kind?: Kind): AttestationsWanted {
  const alone = kind === undefined ? undefined : text === "" ? true : parseBoolean(text);
  const fields = new Fields(option, alone === undefined ? text : `disabled=${!alone}`);
  const named = fields.take("type");
  const type = kind ?? named;
  if (type !== "provenance" && type !== "sbom") throw fields.invalid("type=provenance or type=sbom");
  if (fields.boolean("disabled") === true) return { [type]: false };
  const wanted = READERS[type](fields);
  const [left] = fields.rest().keys();
  if (left === undefined) return wanted;
  throw new Failure("OPTION_UNSUPPORTED", { option: `${left} of ${option} ${text}` });
}

/** What a shorthand, `--provenance` or `--sbom`, is in full. */
export function attestationText(kind: Kind, text: string): string {
  const alone = text === "" ? true : parseBoolean(text);
  return `type=${kind},${alone === undefined ? text : `disabled=${!alone}`}`;
}

/** What BuildKit's Dockerfile frontend is asked for, by attribute. https://github.com/moby/buildkit/blob/master/frontend/dockerui/config.go */
export function attestationAttributes({
  provenance,
  sbom,
}: AttestationsWanted): readonly (readonly [string, string])[] {
  return [
    ...(provenance === undefined ? [] : [["attest:provenance", provenanceText(provenance)] as const]),
    ...(sbom === undefined ? [] : [["attest:sbom", sbom ? "" : "disabled=true"] as const]),
  ];
}

function provenanceText(wanted: ProvenanceWanted | false): string {
  if (wanted === false) return "disabled=true";
  const { mode, version, builderId, reproducible, inlineOnly } = wanted;
  return csvText({ mode, version, "builder-id": builderId, reproducible, "inline-only": inlineOnly });
}
