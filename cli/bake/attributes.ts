import { type Fields, readFields } from "./fields.ts";
import type { Value } from "./hcl/ast.ts";
import { isList, isObject, TypeProblem, toBool, toList, toObject, toText } from "./hcl/values.ts";

/** What an attribute of a target is once it is read; undefined for what says nothing. */
interface Kinds {
  readonly text: string;
  readonly bool: boolean;
  readonly list: readonly string[];
  readonly map: Readonly<Record<string, string>>;
  readonly fields: readonly Fields[];
}
type Kind = keyof Kinds;

/** Every attribute of a target, as `--print` orders them, and whether one of a child goes beside its parent's or in its place. */
export const ATTRIBUTES = {
  description: { kind: "text" },
  annotations: { kind: "list", adds: true },
  attest: { kind: "fields", adds: true },
  context: { kind: "text" },
  contexts: { kind: "map" },
  dockerfile: { kind: "text" },
  "dockerfile-inline": { kind: "text" },
  args: { kind: "map" },
  labels: { kind: "map" },
  tags: { kind: "list" },
  "cache-from": { kind: "fields", adds: true },
  "cache-to": { kind: "fields" },
  target: { kind: "text" },
  secret: { kind: "fields", adds: true },
  ssh: { kind: "fields", adds: true },
  platforms: { kind: "list" },
  output: { kind: "fields" },
  pull: { kind: "bool" },
  "no-cache": { kind: "bool" },
  network: { kind: "text" },
  "no-cache-filter": { kind: "list" },
  "shm-size": { kind: "text" },
  ulimits: { kind: "list" },
  call: { kind: "text" },
  entitlements: { kind: "list", adds: true },
  "extra-hosts": { kind: "map" },
} as const satisfies Readonly<Record<string, { readonly kind: Kind; readonly adds?: boolean }>>;

export type AttributeName = keyof typeof ATTRIBUTES;
export type Target = { readonly [K in AttributeName]?: Kinds[(typeof ATTRIBUTES)[K]["kind"]] };

export const isAttribute = (name: string): name is AttributeName => Object.hasOwn(ATTRIBUTES, name);

type Readers = { readonly [K in Kind]: (value: Value, name: AttributeName) => Kinds[K] };
const READERS: Readers = {
  text: toText,
  bool: toBool,
  list: (value) =>
    toList(value)
      .filter((item) => item !== null)
      .map(toText),
  map: (value) =>
    Object.fromEntries(
      Object.entries(toObject(value)).flatMap(([key, item]) => (item === null ? [] : [[key, toText(item)]])),
    ),
  fields: (value, name) => toList(value).flatMap((item) => readEach(item, name)),
};

function readEach(item: Value, name: AttributeName): readonly Fields[] {
  if (item === null || item === "") return [];
  if (isList(item)) throw new TypeProblem("a list of texts or objects is required");
  return [readFields(name, isObject(item) ? item : toText(item))];
}

/** The attribute as one of a target; null says nothing. Throws a TypeProblem. */
export function readAttribute(name: AttributeName, value: Value): Target {
  if (value === null) return {};
  return { [name]: READERS[ATTRIBUTES[name].kind](value, name) };
}

/** A target with what another one says on top. */
export function merged(below: Target, above: Target): Target {
  const result: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const former = result[name];
    const { kind, adds = false } = ATTRIBUTES[name as AttributeName] as { kind: Kind; adds?: boolean };
    if (former === undefined || (kind !== "map" && !adds)) result[name] = value;
    else if (kind === "map") result[name] = { ...(former as object), ...(value as object) };
    else result[name] = [...(former as readonly unknown[]), ...(value as readonly unknown[])];
  }
  return result as Target;
}

/** Without what is said twice, and with what every target has. */
export function finished(target: Target): Target {
  const lists = Object.entries(target).map(([name, value]) => {
    if (!Array.isArray(value)) return [name, value] as const;
    const distinct = new Map((value as readonly unknown[]).map((item) => [JSON.stringify(item), item]));
    return [name, [...distinct.values()].filter((item) => item !== "")] as const;
  });
  const { context, dockerfile, contexts = {} } = target;
  return {
    ...(Object.fromEntries(lists) as Target),
    context: context === undefined || context === "" ? "." : context,
    contexts: Object.fromEntries(Object.entries(contexts).filter(([, source]) => source !== "")),
    dockerfile: dockerfile === undefined || dockerfile === "" ? "Dockerfile" : dockerfile,
  };
}
