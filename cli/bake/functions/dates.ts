import { TypeProblem } from "../hcl/values.ts";

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const two = (number: number): string => String(number).padStart(2, "0");

/** https://pkg.go.dev/github.com/zclconf/go-cty/cty/function/stdlib#FormatDate, in UTC. */
const PARTS: Readonly<Record<string, (date: Date) => string>> = {
  YYYY: (date) => String(date.getUTCFullYear()),
  YY: (date) => two(date.getUTCFullYear() % 100),
  MMMM: (date) => MONTHS[date.getUTCMonth()] ?? "",
  MMM: (date) => (MONTHS[date.getUTCMonth()] ?? "").slice(0, 3),
  MM: (date) => two(date.getUTCMonth() + 1),
  M: (date) => String(date.getUTCMonth() + 1),
  DD: (date) => two(date.getUTCDate()),
  D: (date) => String(date.getUTCDate()),
  EEEE: (date) => DAYS[date.getUTCDay()] ?? "",
  EEE: (date) => (DAYS[date.getUTCDay()] ?? "").slice(0, 3),
  hh: (date) => two(date.getUTCHours()),
  h: (date) => String(date.getUTCHours()),
  HH: (date) => two(date.getUTCHours() % 12 || 12),
  H: (date) => String(date.getUTCHours() % 12 || 12),
  AA: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
  aa: (date) => (date.getUTCHours() < 12 ? "am" : "pm"),
  mm: (date) => two(date.getUTCMinutes()),
  m: (date) => String(date.getUTCMinutes()),
  ss: (date) => two(date.getUTCSeconds()),
  s: (date) => String(date.getUTCSeconds()),
  ZZZZZ: () => "+00:00",
  ZZZZ: () => "+0000",
  ZZZ: () => "UTC",
  Z: () => "Z",
};

export function formatDate(pattern: string, time: string): string {
  const date = parseTime(time);
  return pattern.replaceAll(
    /'((?:[^']|'')*)'|([A-Za-z])\2*/g,
    (found: string, quoted: string | undefined) => {
      if (quoted !== undefined) return quoted.replaceAll("''", "'");
      const write = PARTS[found];
      if (write === undefined) throw new TypeProblem(`invalid date format verb ${JSON.stringify(found)}`);
      return write(date);
    },
  );
}

const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** `duration` as Go writes it: "1h30m". */
export function addTime(time: string, duration: string): string {
  const sign = duration.startsWith("-") ? -1 : 1;
  const text = duration.replace(/^[-+]/, "");
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[hms])/g)];
  if (parts.map(([part]) => part).join("") !== text || text === "")
    throw new TypeProblem(`invalid duration ${JSON.stringify(duration)}`);
  const total = parts.reduce((sum, [, number, unit = ""]) => sum + Number(number) * (UNITS_MS[unit] ?? 0), 0);
  return new Date(parseTime(time).getTime() + sign * total).toISOString().replace(/\.\d+/, "");
}

function parseTime(text: string): Date {
  const date = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text) || Number.isNaN(date.getTime()))
    throw new TypeProblem(`not a timestamp of RFC 3339: ${JSON.stringify(text)}`);
  return date;
}
