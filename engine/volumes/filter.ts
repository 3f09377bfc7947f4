import type { VolumeRecord } from "../../runtime/volumes/volumes.ts";
import { compilePruneFilters, hasLabel, readBoolean, unknownFilter } from "../filters.ts";

type Filters = Readonly<Record<string, readonly string[]>>;
type Test = (volume: VolumeRecord) => boolean;

/** How each `docker volume ls -f` key turns its values into a test. Values of one key are alternatives, except labels. */
const FILTERS: Readonly<Record<string, (values: readonly string[], isUsed: Test) => Test>> = {
  dangling: (values, isUsed) => {
    const wanted = values.map((value) => readBoolean("dangling", value));
    return (volume) => wanted.includes(!isUsed(volume));
  },
  driver:
    (values) =>
    ({ driver }) =>
      values.includes(driver),
  label:
    (values) =>
    ({ labels }) =>
      values.every((value) => hasLabel(labels, value)),
  name:
    (values) =>
    ({ name }) =>
      values.some((value) => name.includes(value)),
};

/** Throws FILTER_UNKNOWN, OPTION_INVALID. */
export function filterVolumes(
  volumes: readonly VolumeRecord[],
  filters: Filters,
  isUsed: Test,
): readonly VolumeRecord[] {
  const tests = Object.entries(filters).map(([key, values]) => {
    const make = Object.hasOwn(FILTERS, key) ? FILTERS[key] : undefined;
    if (make === undefined) throw unknownFilter(key, Object.keys(FILTERS));
    return make(values, isUsed);
  });
  return volumes.filter((volume) => tests.every((test) => test(volume)));
}

/** What `docker volume prune` may remove: anonymous ones, and with `all` others too. Throws FILTER_UNKNOWN, OPTION_INVALID. */
export function prunableVolumes({ all = [], ...filters }: Filters, everything: boolean): Test {
  const named = everything || all.some((value) => readBoolean("all", value));
  const fits = compilePruneFilters(filters);
  return ({ anonymous, createdAt, labels }) =>
    (named || anonymous) && fits({ createdAt: new Date(createdAt), labels });
}
