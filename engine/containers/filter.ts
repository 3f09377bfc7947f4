import type { Digest } from "../../core/digest.ts";
import { Failure, isKind } from "../../core/errors.ts";
import type { SearchCompiler } from "../../core/text-search.ts";
import type { ContainerRecord } from "../../runtime/container-config.ts";
import type { ContainerFilter } from "../api.ts";
import { hasLabel, unknownFilter } from "../filters.ts";
import { isActive } from "./active.ts";

/** What filters ask beyond the container itself. */
export interface FilterLookups {
  /** The image of a name or id; throws IMAGE_UNKNOWN. */
  readonly image: (text: string) => { readonly id: Digest; readonly layers: readonly Digest[] };
  /** The container of a name or id; throws CONTAINER_UNKNOWN. */
  readonly container: (text: string) => ContainerRecord;
  /** Of the patterns of names. */
  readonly search: SearchCompiler;
}

type Test = (record: ContainerRecord) => boolean;
type Make = (values: readonly string[], lookups: FilterLookups) => Test;

const HEALTH = ["starting", "healthy", "unhealthy", "none"];
const STATES = ["created", "dead", "exited", "paused", "removing", "restarting", "running"];

/** How each `docker ps -f` key turns its values into a test. Values of one key are alternatives, except labels. */
const FILTERS: Readonly<Record<string, Make>> = {
  id: (values) => (record) => values.some((value) => record.id.startsWith(value)),
  // Found anywhere in the name.
  name: (values, { search }) => {
    const forms = values.map((value) => search("--filter name", value));
    return ({ name }) => forms.some((isFound) => isFound(name) || isFound(`/${name}`));
  },
  label:
    (values) =>
    ({ config }) =>
      values.every((value) => hasLabel(config.Labels, value)),
  status: (values) => {
    for (const value of values) requireOneOf("status", value, STATES);
    return ({ state }) => values.includes(state.status);
  },
  health: (values) => {
    for (const value of values) requireOneOf("health", value, HEALTH);
    return ({ state }) => values.includes(state.health?.status ?? "none");
  },
  exited: (values) => {
    const codes = values.map(readNumber);
    return ({ state }) => state.status === "exited" && codes.includes(state.exitCode);
  },
  ancestor: (values, { image }) => {
    const ancestors = values.flatMap((value) => known(() => image(value)) ?? []);
    return ({ imageId, layers }) =>
      ancestors.some((one) => one.id === imageId || (one.layers.length > 0 && begins(layers, one.layers)));
  },
  before: (values, { container }) => {
    const limits = values.map((value) => container(value).createdAt);
    return ({ createdAt }) => limits.every((limit) => Date.parse(createdAt) < Date.parse(limit));
  },
  since: (values, { container }) => {
    const limits = values.map((value) => container(value).createdAt);
    return ({ createdAt }) => limits.every((limit) => Date.parse(createdAt) > Date.parse(limit));
  },
  volume:
    (values) =>
    ({ mounts }) =>
      mounts.some(
        ({ name, destination }) =>
          values.includes(destination) || (name !== undefined && values.includes(name)),
      ),
  network:
    (values) =>
    ({ endpoints, hostConfig }) =>
      values.includes(hostConfig.NetworkMode === "default" ? "bridge" : hostConfig.NetworkMode) ||
      endpoints.some(({ network, networkId }) =>
        values.some((v) => network === v || networkId.startsWith(v)),
      ),
  publish: (values) => {
    const ports = new Set(values.map(portKey));
    return ({ hostConfig }) =>
      Object.entries(hostConfig.PortBindings).some(
        ([key, bindings]) =>
          bindings.length > 0 && (ports.has(key) || bindings.some((b) => ports.has(portKey(b.HostPort)))),
      );
  },
  expose: (values) => {
    const ports = new Set(values.map(portKey));
    return ({ config }) => Object.keys(config.ExposedPorts ?? {}).some((key) => ports.has(key));
  },
};

/** The containers a listing shows, newest first. Throws OPTION_INVALID. */
export function filterContainers(
  records: readonly ContainerRecord[],
  { all = false, limit, filters = {} }: ContainerFilter,
  lookups: FilterLookups,
): readonly ContainerRecord[] {
  const tests = Object.entries(filters).map(([key, values]) => {
    const make = Object.hasOwn(FILTERS, key) ? FILTERS[key] : undefined;
    if (make === undefined) throw unknownFilter(key, Object.keys(FILTERS));
    return make(values, lookups);
  });
  const shown = records
    .filter((record) => all || isActive(record))
    .filter((record) => tests.every((test) => test(record)))
    .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  return limit === undefined ? shown : shown.slice(0, limit);
}

const portKey = (text: string): string => (text.includes("/") ? text : `${text}/tcp`);
const begins = (layers: readonly Digest[], first: readonly Digest[]): boolean =>
  first.every((layer, index) => layers[index] === layer);

function readNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Failure("OPTION_INVALID", { option: "--filter exited", got: text, want: "an exit code" });
}

function requireOneOf(filter: string, got: string, names: readonly string[]): void {
  if (!names.includes(got))
    throw new Failure("OPTION_INVALID", { option: `--filter ${filter}`, got, want: names.join(", ") });
}

/** Undefined instead of a "not-found" failure. */
function known<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isKind(error, "not-found")) return undefined;
    throw error;
  }
}
