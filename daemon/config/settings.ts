import { Failure } from "../../core/errors.ts";
import { checkSettings, type DaemonFile, readDaemonFile, readDefaultDaemonFile } from "./file.ts";

/** Where a flag has another name than the file's key, as dockerd's have. */
const KEY_OF_FLAG = {
  host: "hosts",
  label: "labels",
  "insecure-registry": "insecure-registries",
  "registry-mirror": "registry-mirrors",
} as const;

/** What the command line says, under the names of flags; what was not given is undefined or an empty list. */
export type DaemonFlags = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/**
 * Flags and file as one. Nothing may be said in both, as dockerd has it: it would not be clear what holds. Throws CONFIG_FILE_INVALID.
 */
function mergeSettings(flags: DaemonFlags, file: DaemonFile, path: string): DaemonFile {
  const given = Object.entries(flags).flatMap(([flag, value]) =>
    isGiven(value) ? [[keyOf(flag), value] as const] : [],
  );
  const twice = given.flatMap(([key, value]) => {
    const other = (file as Readonly<Record<string, unknown>>)[key];
    return other === undefined ? [] : [`${key}: (from flag: ${shown(value)}, from file: ${shown(other)})`];
  });
  if (twice.length > 0)
    throw new Failure("CONFIG_FILE_INVALID", {
      file: path,
      why: `the following directives are specified both as a flag and in the configuration file: ${twice.join(", ")}`,
    });
  // The flags have the types that the file's keys have.
  return { ...file, ...(Object.fromEntries(given) as DaemonFile) };
}

const keyOf = (flag: string): string =>
  Object.hasOwn(KEY_OF_FLAG, flag) ? KEY_OF_FLAG[flag as keyof typeof KEY_OF_FLAG] : flag;

const isGiven = (value: DaemonFlags[string]): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

const shown = (value: unknown): string => (Array.isArray(value) ? `[${value.join(" ")}]` : String(value));

/** The flags that are no settings themselves. */
const OTHER = new Set(["config-file", "validate", "http-proxy", "https-proxy", "no-proxy"]);
const PROXIES = ["http-proxy", "https-proxy", "no-proxy"] as const;

/**
 * The settings that flags and a configuration file make: that of --config-file, or the one at `defaultFile` if there is one.
 * Throws CONFIG_FILE_INVALID, OPTION_INVALID.
 */
export function readSettings(flags: DaemonFlags, defaultFile: string): DaemonFile {
  const named = flags["config-file"];
  const path = typeof named === "string" ? named : defaultFile;
  const file = named === undefined ? readDefaultDaemonFile(path) : readDaemonFile(path);
  const proxies = PROXIES.flatMap((name) =>
    flags[name] === undefined ? [] : [[name, flags[name]] as const],
  );
  const settings = Object.fromEntries(Object.entries(flags).filter(([name]) => !OTHER.has(name)));
  const merged = mergeSettings(settings, file, path);
  return checkSettings({
    ...merged,
    ...(proxies.length > 0 ? { proxies: { ...file.proxies, ...Object.fromEntries(proxies) } } : {}),
  });
}
