import { Failure } from "../core/errors.ts";
import { parseBoolean } from "../core/go-boolean.ts";
import { parseMoment } from "../core/moment.ts";

/** "key" or "key=value" of a label filter. */
export function hasLabel(labels: Readonly<Record<string, string>> | undefined, wanted: string): boolean {
  const at = wanted.indexOf("=");
  const value = labels?.[at < 0 ? wanted : wanted.slice(0, at)];
  return value !== undefined && (at < 0 || value === wanted.slice(at + 1));
}

export function readBoolean(filter: string, text: string): boolean {
  const value = parseBoolean(text);
  if (value !== undefined) return value;
  throw new Failure("OPTION_INVALID", { option: `--filter ${filter}`, got: text, want: "true or false" });
}

/** The earliest of the moments an `until` filter names. */
export function readMoment(filter: string, values: readonly string[]): Date {
  const now = Date.now();
  const moments = values.map((text) => {
    const moment = parseMoment(text, now);
    if (moment !== undefined) return moment.getTime();
    const want = "a timestamp or a duration";
    throw new Failure("OPTION_INVALID", { option: `--filter ${filter}`, got: text, want });
  });
  return new Date(Math.min(...moments));
}

export const unknownFilter = (key: string, known: readonly string[]): Failure =>
  new Failure("FILTER_UNKNOWN", { filter: key, known: [...known].sort() });

/** What pruning looks at of a thing. */
export interface Prunable {
  readonly createdAt: Date;
  readonly labels: Readonly<Record<string, string>> | undefined;
}

const PRUNE_FILTERS: Readonly<Record<string, (values: readonly string[]) => (thing: Prunable) => boolean>> = {
  until: (values) => {
    const limit = readMoment("until", values);
    return ({ createdAt }) => createdAt < limit;
  },
  label:
    (values) =>
    ({ labels }) =>
      values.every((value) => hasLabel(labels, value)),
  "label!":
    (values) =>
    ({ labels }) =>
      !values.some((value) => hasLabel(labels, value)),
};

/** What `prune --filter` leaves to be removed. Throws FILTER_UNKNOWN, OPTION_INVALID. */
export function compilePruneFilters(
  filters: Readonly<Record<string, readonly string[]>> = {},
): (thing: Prunable) => boolean {
  const tests = Object.entries(filters).map(([key, values]) => {
    const make = Object.hasOwn(PRUNE_FILTERS, key) ? PRUNE_FILTERS[key] : undefined;
    if (make === undefined) throw unknownFilter(key, Object.keys(PRUNE_FILTERS));
    return make(values);
  });
  return (thing) => tests.every((test) => test(thing));
}
