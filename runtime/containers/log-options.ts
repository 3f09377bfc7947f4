import { Failure } from "../../core/errors.ts";
import type { HostConfig } from "../container-config.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

export interface LogOptions {
  readonly maxBytes?: number;
  readonly maxFiles?: number;
}

type Reader = (value: string) => LogOptions;

const invalid = (name: string, value: string): Failure =>
  new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid value for log opt ${name}: ${value}` });

const READERS: Readonly<Record<string, Reader>> = {
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
};

/** The options of the json-file log driver. Throws CONTAINER_CONFIG_INVALID. */
export function parseLogOptions({ Config }: HostConfig["LogConfig"]): LogOptions {
  const read = Object.entries(Config).map(([name, value]) => {
    const reader = READERS[name];
    if (reader === undefined)
      throw new Failure("CONTAINER_CONFIG_INVALID", {
        why: `unknown log opt '${name}' for json-file log driver`,
      });
    return reader(value);
  });
  const options: LogOptions = Object.assign({}, ...read);
  if (options.maxFiles !== undefined && options.maxBytes === undefined)
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: "max-file cannot be specified without max-size",
    });
  return options;
}
