import { csvFields } from "./csv.ts";
import { Failure } from "./errors.ts";
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
type Fields = Map<string, string>;
type Reader = (fields: Fields, invalid: Invalid) => AttestationsWanted;
type Invalid = (want: string) => Failure;

const READERS: Readonly<Record<Kind, Reader>> = {
  provenance: (fields, invalid) => {
    const mode = taken(fields, "mode", { values: PROVENANCE_MODES, invalid });
    const version = taken(fields, "version", { values: PROVENANCE_VERSIONS, invalid });
    const builderId = take(fields, "builder-id");
    const reproducible = takeBoolean(fields, "reproducible", invalid);
    const inlineOnly = takeBoolean(fields, "inline-only", invalid);
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
    const generator = take(fields, "generator");
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
  const invalid: Invalid = (want) => new Failure("OPTION_INVALID", { option, got: text, want });
  const alone = kind === undefined ? undefined : text === "" ? true : parseBoolean(text);
  const fields = alone === undefined ? fieldsOf(text, invalid) : new Map<string, string>();
  const type = kind ?? fields.get("type");
  if (type !== "provenance" && type !== "sbom") throw invalid("type=provenance or type=sbom");
  fields.delete("type");
  const isDisabled = takeBoolean(fields, "disabled", invalid) ?? alone === false;
  if (isDisabled) return { [type]: false };
  const wanted = READERS[type](fields, invalid);
  const [left] = fields.keys();
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
  const fields = { mode, version, "builder-id": builderId, reproducible, "inline-only": inlineOnly };
  return Object.entries(fields)
    .flatMap(([key, value]) => (value === undefined ? [] : [`"${`${key}=${value}`.replaceAll('"', '""')}"`]))
    .join(",");
}

function fieldsOf(text: string, invalid: Invalid): Fields {
  const pairs = text === "" ? [] : splitFields(text, invalid);
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw invalid(`true, false or key=value pairs, got ${JSON.stringify(pair)}`);
      return [pair.slice(0, at).toLowerCase(), pair.slice(at + 1)];
    }),
  );
}

function splitFields(text: string, invalid: Invalid): readonly string[] {
  try {
    return csvFields(text);
  } catch {
    throw invalid("comma separated key=value pairs");
  }
}

function take(fields: Fields, key: string): string | undefined {
  const value = fields.get(key);
  fields.delete(key);
  return value;
}

function taken<T extends string>(
  fields: Fields,
  key: string,
  { values, invalid }: { readonly values: readonly T[]; readonly invalid: Invalid },
): T | undefined {
  const text = take(fields, key);
  const found = values.find((value) => value === text);
  if (text !== undefined && found === undefined)
    throw invalid(values.map((value) => `${key}=${value}`).join(" or "));
  return found;
}

function takeBoolean(fields: Fields, key: string, invalid: Invalid): boolean | undefined {
  const text = take(fields, key);
  if (text === undefined) return undefined;
  const value = parseBoolean(text);
  if (value === undefined) throw invalid(`${key}=true or ${key}=false`);
  return value;
}
