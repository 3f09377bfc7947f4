import type { Platform } from "../../core/platform.ts";

/** What a parameter may be. False and undefined are left out, a list is repeated. */
export type Query = Readonly<
  Record<string, string | number | boolean | Date | readonly string[] | undefined>
>;

/** "" or "?a=1&b=x". */
export function queryText(query: Query = {}): string {
  const text = new URLSearchParams(Object.entries(query).flatMap(pairs)).toString();
  return text === "" ? "" : `?${text}`;
}

function pairs([name, value]: readonly [string, Query[string]]): [string, string][] {
  if (value === undefined || value === false) return [];
  if (value === true) return [[name, "1"]];
  if (value instanceof Date) return [[name, moment(value)]];
  if (typeof value === "string" || typeof value === "number") return [[name, String(value)]];
  return value.map((each) => [name, each]);
}

/** Seconds with a fraction, as every version of the API takes a moment. */
const moment = (date: Date): string => (date.getTime() / 1000).toFixed(3);

type Filters = Readonly<Record<string, readonly string[]>>;

/** Filters as the API has them: one parameter of JSON. */
export const filtersText = (filters: Filters = {}): string | undefined =>
  Object.keys(filters).length === 0 ? undefined : JSON.stringify(filters);

/** A platform as the newer routes have it: a parameter of JSON. */
export const platformText = (platform: Platform | undefined): string | undefined =>
  platform === undefined ? undefined : JSON.stringify(platform);

/** A name inside a path: what is in it leads to no other route. */
export const segment = (name: string): string => encodeURIComponent(name);

/** The name of an image inside a path: its slashes are part of the path. */
export const imageSegments = (name: string): string => name.split("/").map(encodeURIComponent).join("/");
