import { Failure } from "../../core/errors.ts";
import type { SearchCompiler } from "../../core/text-search.ts";
import type { NetworkRecord } from "../../runtime/network/driver.ts";
import { isBuiltIn } from "../../runtime/network/network-table.ts";
import { compilePruneFilters, hasLabel, readBoolean, unknownFilter } from "../filters.ts";

type Filters = Readonly<Record<string, readonly string[]>>;
type Test = (network: NetworkRecord) => boolean;
/** What filters ask beyond the network itself. */
export interface NetworkLookups {
  readonly isUsed: Test;
  /** Of the patterns of names. */
  readonly search: SearchCompiler;
}
type Make = (values: readonly string[], lookups: NetworkLookups) => Test;

/** How each `docker network ls -f` key turns its values into a test. Values of one key are alternatives, except labels. */
const FILTERS: Readonly<Record<string, Make>> = {
  driver:
    (values) =>
    ({ driver }) =>
      values.includes(driver),
  id:
    (values) =>
    ({ id }) =>
      values.some((value) => id.includes(value)),
  label:
    (values) =>
    ({ labels }) =>
      values.every((value) => hasLabel(labels, value)),
  name: (values, { search }) => {
    const forms = values.map((value) => search("--filter name", value));
    return ({ name }) => forms.some((isFound) => isFound(name));
  },
  scope: (values) => () => values.includes("local"),
  type: (values) => {
    const wanted = values.map(readType);
    return (network) => wanted.includes(isBuiltIn(network) ? "builtin" : "custom");
  },
  dangling: (values, { isUsed }) => {
    const wanted = values.map((value) => readBoolean("dangling", value));
    return (network) => wanted.includes(!(isBuiltIn(network) || isUsed(network)));
  },
};

function readType(text: string): "builtin" | "custom" {
  if (text === "builtin" || text === "custom") return text;
  throw new Failure("OPTION_INVALID", { option: "--filter type", got: text, want: "builtin or custom" });
}

/** Throws FILTER_UNKNOWN, OPTION_INVALID. */
export function filterNetworks(
  networks: readonly NetworkRecord[],
  filters: Filters,
  lookups: NetworkLookups,
): readonly NetworkRecord[] {
  const tests = Object.entries(filters).map(([key, values]) => {
    const make = Object.hasOwn(FILTERS, key) ? FILTERS[key] : undefined;
    if (make === undefined) throw unknownFilter(key, Object.keys(FILTERS));
    return make(values, lookups);
  });
  return networks.filter((network) => tests.every((test) => test(network)));
}

/** The networks `docker network prune` looks at: those of users. Throws FILTER_UNKNOWN, OPTION_INVALID. */
export function filterPrunable(
  networks: readonly NetworkRecord[],
  filters: Filters,
): readonly NetworkRecord[] {
  const fits = compilePruneFilters(filters);
  return networks.filter(
    (network) =>
      !isBuiltIn(network) && fits({ createdAt: new Date(network.createdAt), labels: network.labels }),
  );
}
