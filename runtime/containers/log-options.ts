import { Failure } from "../../core/errors.ts";
import type { HostConfig, ProcessConfig } from "../container-config.ts";
import type { LogSetup } from "../launch/launcher.ts";

type Config = HostConfig["LogConfig"]["Config"];
type LogOptions = Omit<LogSetup, "path">;
type Described = Pick<ProcessConfig, "Labels" | "Env">;

const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const refuse = (why: string): Failure => new Failure("CONTAINER_CONFIG_INVALID", { why });
const invalid = (name: string, value: string): Failure =>
  refuse(`invalid value for log opt ${name}: ${value}`);

function pattern(name: string, value: string): RegExp {
  try {
    return new RegExp(value);
  } catch {
    throw invalid(name, value);
  }
}

const listed = (value: string) => (name: string) => value.split(",").includes(name);
const variables = ({ Env }: Described): readonly (readonly [string, string])[] =>
  (Env ?? []).map((entry) => {
    const at = entry.indexOf("=");
    return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
  });
const chosen = (
  pairs: readonly (readonly [string, string])[],
  wanted: (name: string) => boolean,
): LogOptions => ({ attributes: Object.fromEntries(pairs.filter(([name]) => wanted(name))) });
const labels = ({ Labels }: Described): readonly (readonly [string, string])[] =>
  Object.entries(Labels ?? {});

type Reader = (value: string, container: Described) => LogOptions;

const ROTATION: Readonly<Record<string, Reader>> = {
  "max-size": (value) => {
    const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i.exec(value) ?? [];
    if (value === "-1") return {};
    if (number === undefined) throw invalid("max-size", value);
    return { maxBytes: Math.floor(Number(number) * (UNITS[unit.toLowerCase()] ?? 1)) };
  },
  "max-file": (value) => {
    if (!/^[1-9]\d*$/.test(value)) throw invalid("max-file", value);
    return { maxFiles: Number(value) };
  },
  compress: (value) => {
    if (value === "true") throw new Failure("OPTION_UNSUPPORTED", { option: "--log-opt compress=true" });
    if (value !== "false") throw invalid("compress", value);
    return {};
  },
};
/** Of every driver. What a process writes waits for the log, never the other way round. */
const COMMON: Readonly<Record<string, Reader>> = {
  mode: (value) => {
    if (value === "non-blocking")
      throw new Failure("OPTION_UNSUPPORTED", { option: "--log-opt mode=non-blocking" });
    if (value !== "blocking") throw refuse(`logger: log mode is not valid: ${value}`);
    return {};
  },
};
const matching = (name: string, value: string) => {
  const form = pattern(name, value);
  return (text: string) => form.test(text);
};
const ATTRIBUTES: Readonly<Record<string, Reader>> = {
  labels: (value, container) => chosen(labels(container), listed(value)),
  "labels-regex": (value, container) => chosen(labels(container), matching("labels-regex", value)),
  env: (value, container) => chosen(variables(container), listed(value)),
  "env-regex": (value, container) => chosen(variables(container), matching("env-regex", value)),
};

interface Driver {
  readonly readers: Readonly<Record<string, Reader>>;
  readonly defaults: LogOptions;
}

/** "local" is the same file as json-file, rotated by default, as its format is nobody's but the engine's. */
const DRIVERS: Readonly<Record<string, Driver>> = {
  "json-file": { readers: { ...COMMON, ...ROTATION, ...ATTRIBUTES }, defaults: {} },
  local: {
    readers: { ...COMMON, ...ROTATION, ...ATTRIBUTES },
    defaults: { maxBytes: 20 * 1024 ** 2, maxFiles: 5 },
  },
  none: { readers: COMMON, defaults: {} },
};

function readAll(
  type: string,
  { readers, defaults }: Driver,
  config: Config,
  container: Described,
): LogOptions {
  const read = Object.entries(config).map(([name, value]) => {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (reader === undefined) throw refuse(`unknown log opt '${name}' for ${type} log driver`);
    return reader(value, container);
  });
  const attributes: Record<string, string> = Object.assign({}, ...read.map((each) => each.attributes));
  const { attributes: _, ...options }: LogOptions = Object.assign({}, defaults, ...read);
  return Object.keys(attributes).length === 0 ? options : { ...options, attributes };
}

/** How a container's output is kept; undefined when it is not. Throws CONTAINER_CONFIG_INVALID, OPTION_UNSUPPORTED. */
export function parseLogOptions(
  { Type, Config }: HostConfig["LogConfig"],
  container: Described,
): LogOptions | undefined {
  const driver = Object.hasOwn(DRIVERS, Type) ? DRIVERS[Type] : undefined;
  if (driver === undefined)
    throw refuse(`error looking up logging plugin ${Type}: plugin "${Type}" not found`);
  const options = readAll(Type, driver, Config, container);
  if (options.maxFiles !== undefined && options.maxBytes === undefined)
    throw refuse("max-file cannot be specified without max-size");
  return Type === "none" ? undefined : options;
}
