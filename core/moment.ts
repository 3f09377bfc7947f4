import { parseDuration } from "./duration.ts";

/** A moment given as RFC 3339, as "2026-11-22", as seconds since the epoch, or as a duration before `now`; undefined for anything else. */
export function parseMoment(text: string, now: number): Date | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return new Date(Number(text) * 1000);
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const time = Date.parse(/T/.test(text) ? text : `${text}T00:00:00`);
    return Number.isNaN(time) ? undefined : new Date(time);
  }
  try {
    return new Date(now - parseDuration(text));
  } catch {
    return undefined;
  }
}
