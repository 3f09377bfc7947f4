/** Go's default form of a time in the zone of this process: "2026-11-22 09:24:43 +0000 UTC". */
export function formatTime(time: string | Date): string {
  const date = typeof time === "string" ? new Date(time) : time;
  const minutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + minutes * 60_000).toISOString();
  const two = (n: number) => String(Math.trunc(Math.abs(n))).padStart(2, "0");
  const offset = `${minutes < 0 ? "-" : "+"}${two(minutes / 60)}${two(minutes % 60)}`;
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${offset} ${zoneName(date)}`;
}

let names: Intl.DateTimeFormat | undefined;

/** "UTC", "CEST". The first use of Intl costs 20 ms, so zones that are UTC all year do without. */
function zoneName(date: Date): string {
  const [january, july] = [0, 6].map((month) => new Date(date.getFullYear(), month).getTimezoneOffset());
  if (january === 0 && july === 0) return "UTC";
  names ??= new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
  return names.formatToParts(date).find(({ type }) => type === "timeZoneName")?.value ?? "UTC";
}

/** RFC 3339 in the zone of this process with nine digits: "2026-11-22T12:13:54.364783290Z". */
export function formatNanoTime(nanos: bigint): string {
  const date = new Date(Number(nanos / 1_000_000n));
  const minutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, 19);
  const two = (n: number) => String(Math.trunc(Math.abs(n))).padStart(2, "0");
  const zone = minutes === 0 ? "Z" : `${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
  return `${local}.${String(nanos % 1_000_000_000n).padStart(9, "0")}${zone}`;
}
