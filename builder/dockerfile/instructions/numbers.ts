import { quote } from "../characters.ts";
import { Problem } from "../problem.ts";

/** An unsigned integer of 32 bits; undefined when it is none. */
export function parseUnsigned(text: string, base: 8 | 10): number | undefined {
  if (!(base === 8 ? /^[0-7]+$/ : /^[0-9]+$/).test(text)) return undefined;
  const value = Number.parseInt(text, base);
  return value < 2 ** 32 ? value : undefined;
}

const UNITS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4, p: 5 };

/** A size like "64m", "1.5GiB" or "1024", in bytes; undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])?i?b?)?$/i.exec(text);
  if (match === null) return undefined;
  return Math.trunc(Number(match[1]) * 1024 ** (UNITS[match[2]?.toLowerCase() ?? ""] ?? 0));
}

/** Nanoseconds in each unit of a duration. */
const DURATIONS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "\u00b5s": 1e3,
  "\u03bcs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A duration as Go writes it ("1m30s", "1.5h"), in nanoseconds. Throws a Problem. */
export function parseDuration(text: string): number {
  const invalid = (): Problem => new Problem(`time: invalid duration ${quote(text)}`);
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0;
  if (rest === "") throw invalid();
  let total = 0;
  while (rest !== "") {
    const [all, number, unit = ""] = /^(\d+\.?\d*|\.\d+)([^.\d]*)/.exec(rest) ?? [];
    if (all === undefined) throw invalid();
    if (unit === "") throw new Problem(`time: missing unit in duration ${quote(text)}`);
    const scale = Object.hasOwn(DURATIONS, unit) ? DURATIONS[unit] : undefined;
    if (scale === undefined)
      throw new Problem(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    total += scaled(number ?? "", scale);
    rest = rest.slice(all.length);
  }
  if (total >= 2 ** 63) throw invalid();
  return sign * total;
}

/** A decimal times a whole number, without what is less than one. */
function scaled(decimal: string, scale: number): number {
  const [whole = "", fraction = ""] = decimal.split(".");
  const part = (BigInt(fraction || "0") * BigInt(scale)) / 10n ** BigInt(fraction.length);
  return Number(whole) * scale + Number(part);
}

/** Nanoseconds as Go prints them: "1m30s", "500ms". */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 0) return `-${formatDuration(-nanoseconds)}`;
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}\u00b5s`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const total = Math.floor(nanoseconds / 1e9);
  const seconds = `${(nanoseconds % 60e9) / 1e9}s`;
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
