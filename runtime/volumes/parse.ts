import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";

/** What a -v option or an entry of HostConfig.Binds asks for. */
export type BindSpec = {
  readonly destination: string;
  /** As given: "ro,z". */
  readonly mode: string;
  readonly rw: boolean;
} & (
  | {
      readonly type: "bind";
      readonly source: string;
      readonly propagation: string;
      /** Else a directory is made where nothing is. */
      readonly mustExist?: true;
      /** Whether what is mounted below the source comes along, and is read-only with it; yes unless said. */
      readonly recursive?: false;
      readonly readonlyBelow?: false;
    }
  | {
      readonly type: "volume";
      /** Without one: an anonymous volume. */
      readonly name?: string;
      readonly copy: boolean;
      readonly labels?: Readonly<Record<string, string>>;
      readonly subpath?: string;
    }
  | { readonly type: "tmpfs"; readonly options: string }
);

export const PROPAGATIONS = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];
/** Words of a mode by what they decide: each kind at most once. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  access: ["rw", "ro"],
  label: ["z", "Z"],
  propagation: PROPAGATIONS,
  copy: ["nocopy"],
  consistency: ["consistent", "cached", "delegated"],
};
const kindOf = (word: string): string | undefined =>
  Object.keys(KINDS).find((kind) => KINDS[kind]?.includes(word));

function isMode(text: string): boolean {
  const kinds = text.split(",").map(kindOf);
  return kinds.every((kind) => kind !== undefined) && new Set(kinds).size === kinds.length;
}

const invalid = (spec: string, why?: string): Failure =>
  new Failure("MOUNT_SPEC_INVALID", { spec, ...(why === undefined ? {} : { why }) });

function split(spec: string): {
  readonly source?: string;
  readonly destination: string;
  readonly mode: string;
} {
  const parts = spec.split(":");
  const [first = "", second = "", third = ""] = parts;
  if (parts.length > 3 || first === "") throw invalid(spec);
  if (parts.length === 1) return { destination: first, mode: "" };
  if (parts.length === 2) {
    // "/dir:ro": a volume without a source has no mode.
    if (isMode(second)) throw invalid(spec);
    return { source: first, destination: second, mode: "" };
  }
  if (!isMode(third)) throw new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid mode: ${third}` });
  return { source: first, destination: second, mode: third };
}

export function checkDestination(destination: string): string | undefined {
  if (destination === "") return "field Target must not be empty";
  if (!destination.startsWith("/")) return `invalid mount path: '${destination}' mount path must be absolute`;
  if (posix.normalize(destination) === "/") return "invalid specification: destination can't be '/'";
  return undefined;
}

export const cleanPath = (path: string): string => posix.normalize(path).replace(/(?<=.)\/$/, "");

/**
 * Reads "name:/dst[:mode]", "/host:/dst[:mode]" or "/dst" by Docker's rules and in its words.
 * Throws MOUNT_SPEC_INVALID, CONTAINER_CONFIG_INVALID.
 */
export function parseBind(spec: string): BindSpec {
  const { source, destination, mode } = split(spec);
  const words = mode === "" ? [] : mode.split(",");
  const type = source?.startsWith("/") ? "bind" : "volume";
  const propagation = words.find((word) => PROPAGATIONS.includes(word));
  const fault =
    checkDestination(destination) ??
    (type === "bind" && words.includes("nocopy") ? "field VolumeOptions must not be specified" : undefined) ??
    (type === "volume" && propagation !== undefined ? "field BindOptions must not be specified" : undefined);
  if (fault !== undefined) throw invalid(spec, `invalid mount config for type "${type}": ${fault}`);
  const common = { destination: cleanPath(destination), mode, rw: !words.includes("ro") };
  if (source === undefined) return { ...common, type: "volume", copy: true };
  if (type === "bind")
    return { ...common, type, source: cleanPath(source), propagation: propagation ?? "rprivate" };
  return { ...common, type: "volume", name: source, copy: !words.includes("nocopy") };
}
