import { Failure } from "../../core/errors.ts";
import { loadSearch, type SearchCompiler, type TextSearch } from "../../core/text-search.ts";
import type { HostConfig } from "../container-config.ts";
import type { LogSetup } from "../launch/launcher.ts";
import { containerArgs } from "../spec/process.ts";
import type { LoggedContainer, TagWriter } from "./log-tag.ts";
import type { StoredContainer } from "./stored-container.ts";

type Config = HostConfig["LogConfig"]["Config"];
type LogOptions = Omit<LogSetup, "path">;
type Described = LoggedContainer & { readonly writeTag: TagWriter; readonly search: SearchCompiler };

const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const refuse = (why: string): Failure => new Failure("CONTAINER_CONFIG_INVALID", { why });
const invalid = (name: string, value: string): Failure =>
  refuse(`invalid value for log opt ${name}: ${value}`);

/** "20m" in bytes. */
function readSize(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i.exec(text) ?? [];
  return number === undefined ? undefined : Math.floor(Number(number) * (UNITS[unit.toLowerCase()] ?? 1));
}
/** It is memory of the container's shim. */
const LARGEST_BUFFER = 1024 ** 3;

/** As Go's strconv.ParseBool reads them. */
const BOOLEANS: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...["1", "t", "T", "true", "TRUE", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((text) => [text, false] as const),
]);

const listed = (value: string) => (name: string) => value.split(",").includes(name);
const variables = ({ config: { Env } }: Described): readonly (readonly [string, string])[] =>
  (Env ?? []).map((entry) => {
    const at = entry.indexOf("=");
    return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
  });
const chosen = (
  pairs: readonly (readonly [string, string])[],
  wanted: (name: string) => boolean,
): LogOptions => ({ attributes: Object.fromEntries(pairs.filter(([name]) => wanted(name))) });
const labels = ({ config: { Labels } }: Described): readonly (readonly [string, string])[] =>
  Object.entries(Labels ?? {});

type Reader = (value: string, container: Described) => LogOptions;

const ROTATION: Readonly<Record<string, Reader>> = {
  "max-size": (value) => {
    const maxBytes = readSize(value);
    if (value === "-1") return {};
    if (maxBytes === undefined) throw invalid("max-size", value);
    return { maxBytes };
  },
  "max-file": (value) => {
    if (!/^[1-9]\d*$/.test(value)) throw invalid("max-file", value);
    return { maxFiles: Number(value) };
  },
  compress: (value) => {
    const compressed = BOOLEANS[value];
    if (compressed === undefined) throw invalid("compress", value);
    return { compressed };
  },
};
const MODES: Readonly<Record<string, LogOptions>> = {
  blocking: {},
  "non-blocking": { queueBytes: 1024 ** 2 },
};
/** Of every driver. */
const COMMON: Readonly<Record<string, Reader>> = {
  mode: (value) => {
    const options = Object.hasOwn(MODES, value) ? MODES[value] : undefined;
    if (options === undefined) throw refuse(`logger: logging mode not supported: ${value}`);
    return options;
  },
  "max-buffer-size": (value) => {
    const bytes = readSize(value);
    if (bytes === undefined || bytes < 1 || bytes > LARGEST_BUFFER) throw invalid("max-buffer-size", value);
    return { queueBytes: bytes };
  },
};
const PATTERNS = ["labels-regex", "env-regex"] as const;

/** Of names. */
function matching(name: (typeof PATTERNS)[number], value: string, { search }: Described): TextSearch {
  try {
    return search(name, value);
  } catch {
    throw invalid(name, value);
  }
}
const ATTRIBUTES: Readonly<Record<string, Reader>> = {
  tag: (value, container) =>
    value === "" ? {} : { attributes: { tag: container.writeTag(value, container) } },
  labels: (value, container) => chosen(labels(container), listed(value)),
  "labels-regex": (value, container) => chosen(labels(container), matching("labels-regex", value, container)),
  env: (value, container) => chosen(variables(container), listed(value)),
  "env-regex": (value, container) => chosen(variables(container), matching("env-regex", value, container)),
};

interface Driver {
  readonly readers: Readonly<Record<string, Reader>>;
  readonly defaults: LogOptions;
  /** What is said of an option that it has not. */
  readonly unknown: (option: string) => string;
  /** What is said when there are no older files to compress. */
  readonly uncompressible: string;
}

/** "local" is the same file as json-file, rotated and compressed by default, as its format is nobody's but the engine's. */
const DRIVERS: Readonly<Record<string, Driver>> = {
  "json-file": {
    readers: { ...COMMON, ...ROTATION, ...ATTRIBUTES },
    defaults: {},
    unknown: (option) => `unknown log opt '${option}' for json-file log driver`,
    uncompressible: "compress cannot be true when max-file is less than 2 or max-size is not set",
  },
  local: {
    readers: { ...COMMON, ...ROTATION },
    defaults: { maxBytes: 20 * 1024 ** 2, maxFiles: 5, compressed: true },
    unknown: (option) => `unknown log opt '${option}' for log driver local`,
    uncompressible: "compression cannot be enabled when max file count is 1",
  },
  none: {
    readers: COMMON,
    defaults: {},
    unknown: (option) => `unknown log opt '${option}' for none log driver`,
    uncompressible: "",
  },
};

function readAll({ readers, defaults, unknown }: Driver, config: Config, container: Described): LogOptions {
  const read = Object.entries(config).map(([name, value]) => {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (reader === undefined) throw refuse(unknown(name));
    return reader(value, container);
  });
  const attributes: Record<string, string> = Object.assign({}, ...read.map((each) => each.attributes));
  const { attributes: _, ...options }: LogOptions = Object.assign({}, defaults, ...read);
  return Object.keys(attributes).length === 0 ? options : { ...options, attributes };
}

/** How a container's output is kept; undefined when it is not. Rejects with CONTAINER_CONFIG_INVALID, OPTION_INVALID, OPTION_UNSUPPORTED. */
export async function containerLog(container: StoredContainer): Promise<LogOptions | undefined> {
  const { LogConfig } = container.hostConfig;
  const search = await loadSearch(PATTERNS.flatMap((name) => LogConfig.Config[name] ?? []));
  const writeTag = await loadTags(LogConfig.Config["tag"]);
  const command = containerArgs(container.config);
  return parseLogOptions(LogConfig, { ...container, command, writeTag, search });
}

/** What writes a tag. Most logs have none with templates in it, for which what reads them is not loaded. */
async function loadTags(tag = ""): Promise<TagWriter> {
  return tag.includes("{{") ? (await import("./log-tag.ts")).writeTag : (text) => text;
}

function parseLogOptions(
  { Type, Config }: HostConfig["LogConfig"],
  container: Described,
): LogOptions | undefined {
  const driver = Object.hasOwn(DRIVERS, Type) ? DRIVERS[Type] : undefined;
  if (driver === undefined)
    throw refuse(`error looking up logging plugin ${Type}: plugin "${Type}" not found`);
  if (Config["max-buffer-size"] !== undefined && Config["mode"] !== "non-blocking")
    throw refuse("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  // The size of the buffer has the last word.
  const { mode, ...others } = Config;
  const options = readAll(driver, mode === undefined ? others : { mode, ...others }, container);
  const { maxBytes, maxFiles = 1, compressed = false } = options;
  if (options.maxFiles !== undefined && maxBytes === undefined)
    throw refuse("max-file cannot be specified without max-size");
  if (compressed && (maxFiles < 2 || maxBytes === undefined)) throw refuse(driver.uncompressible);
  return Type === "none" ? undefined : options;
}
