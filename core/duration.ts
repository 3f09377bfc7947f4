import { Failure } from "./errors.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;

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
/** What Go's 64 bits of nanoseconds hold: 292 years. */
const LONGEST_MS = 2 ** 63 / 1e6;
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
  if (total >= LONGEST_MS)
    throw new Failure("DURATION_INVALID", { text, why: "invalid duration (longer than 292 years)" });
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
