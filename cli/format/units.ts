import { Failure } from "../../core/errors.ts";

const DECIMAL = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** At most `digits` significant ones, without trailing zeros: 72.2, 1.98, 164. */
const significant = (value: number, digits: number): number => Number(value.toPrecision(digits));

function scaled(bytes: number, base: number, units: readonly string[], digits: number): string {
  let value = bytes;
  let unit = 0;
  // Rounded before it is compared, so that 999.9 kB becomes 1MB and not 1000kB.
  while (significant(value, digits) >= base && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  return `${significant(value, digits)}${units[unit]}`;
}

/** Bytes as docker lists sizes: decimal units, three significant digits. "72.2MB" */
export const humanSize = (bytes: number): string => scaled(bytes, 1000, DECIMAL, 3);

/** Bytes as docker shows memory: binary units, four significant digits. "1.5GiB" */
export const humanMemory = (bytes: number): string => scaled(bytes, 1024, BINARY, 4);

const SECOND = 1000;
const HOUR = 3600 * SECOND;

const SIZE = /^(\d+(?:\.\d*)?|\.\d+) ?([kmgtp]?)(?:i?b)?$/i;

/** Reads "512m", "1.5g", "64kb", "1024": units of 1024, as for `--memory`. Throws SIZE_INVALID. */
export function parseBytes(text: string): number {
  const [, amount, unit = ""] = SIZE.exec(text) ?? [];
  if (amount === undefined) throw new Failure("SIZE_INVALID", { text });
  const bytes = Math.trunc(
    Number(amount) * 1024 ** (unit === "" ? 0 : "kmgtp".indexOf(unit.toLowerCase()) + 1),
  );
  if (!Number.isSafeInteger(bytes)) throw new Failure("SIZE_INVALID", { text });
  return bytes;
}

const MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: SECOND,
  m: 60 * SECOND,
  h: HOUR,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Reads Go's form of a duration, "1h2m", "1.5s", "-300ms", into milliseconds. Throws DURATION_INVALID. */
export function parseDuration(text: string): number {
  const digits = text.replace(/^[+-]/, "");
  if (digits === "0") return 0;
  let total = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < digits.length || digits === "") {
    const [part, amount, unit] = PART.exec(digits) ?? [];
    if (part === undefined || unit === undefined)
      throw new Failure("DURATION_INVALID", { text, why: complaint(digits) });
    total += Number(amount) * (MILLISECONDS[unit] ?? Number.NaN);
  }
  return text.startsWith("-") ? -total : total;
}

const complaint = (digits: string): string =>
  /^[\d.]*\d[\d.]*$/.test(digits) ? "missing unit in duration" : "invalid duration";

/** Go's form of a duration that parseDuration() reads: "1h0m0s", "1m30s", "250ms". */
export function formatDuration(ms: number): string {
  const size = Math.abs(ms);
  const sign = ms < 0 ? "-" : "";
  if (size < SECOND) return size === 0 ? "0s" : `${sign}${size}ms`;
  const hours = Math.trunc(size / HOUR);
  const minutes = Math.trunc((size % HOUR) / 60_000);
  const seconds = (size % 60_000) / SECOND;
  const large = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : "";
  return `${sign}${large}${seconds}s`;
}
