import { Failure } from "../../core/errors.ts";
import { type AttributeName, merged, readAttribute, type Target } from "./attributes.ts";
import type { Definition, NamedTarget } from "./definition.ts";
import type { Value } from "./hcl/ast.ts";
import { isList, isObject, type Obj, TypeProblem, toObject, toText } from "./hcl/values.ts";
import { substitute } from "./substitute.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Bigger than any file that somebody wrote, and small enough for aliases in it to stay harmless. */
const MAX_ALIASES = 100;

/**
 * The services of a Compose file that are built, as targets, and a group of all of them. Throws BAKE_FILE_INVALID.
 * https://docs.docker.com/build/bake/compose-file/
 */
export async function readCompose(text: string, file: string, env: Environment): Promise<Definition> {
  const { parse } = await import("yaml");
  try {
    const document = substitute(parse(text, { maxAliasCount: MAX_ALIASES, merge: true }) as Value, env);
    const { services = {}, secrets = {} } = toObject(document ?? {});
    const targets = Object.entries(toObject(services ?? {})).flatMap(([name, service]) => {
      const { build, image } = toObject(service ?? {});
      if (build === undefined || build === null) return [];
      return [targetOf(name, { build, image, secrets: toObject(secrets ?? {}), env })];
    });
    return { targets, groups: [{ name: "default", targets: targets.map(({ name }) => name) }] };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("BAKE_FILE_INVALID", { file, line: lineOf(error), why: (error as Error).message });
  }
}

function lineOf(error: unknown): number {
  const positions = (error as { readonly linePos?: readonly { readonly line: number }[] }).linePos;
  return positions?.[0]?.line ?? 1;
}

/** What of `build` means what of a target, as it is. */
const SAME: Readonly<Record<string, AttributeName>> = {
  dockerfile: "dockerfile",
  dockerfile_inline: "dockerfile-inline",
  target: "target",
  cache_from: "cache-from",
  cache_to: "cache-to",
  ssh: "ssh",
  network: "network",
  platforms: "platforms",
  pull: "pull",
  no_cache: "no-cache",
  entitlements: "entitlements",
};
/** Lists of NAME=value, or maps. */
const MAPS: Readonly<Record<string, AttributeName>> = {
  labels: "labels",
  additional_contexts: "contexts",
};
/** What has no meaning for a build by itself, or is handled apart. */
const APART = ["context", "args", "tags", "secrets", "shm_size", "extra_hosts", "ulimits", "x-bake"];

interface Service {
  readonly build: Value;
  readonly image: Value | undefined;
  readonly secrets: Obj;
  readonly env: Environment;
}

function targetOf(service: string, { build: given, image, secrets, env }: Service): NamedTarget {
  const build: Obj = typeof given === "string" ? { context: given } : toObject(given);
  const known = [...Object.keys(SAME), ...Object.keys(MAPS), ...APART];
  const unknown = Object.keys(build).find((key) => !known.includes(key) && !key.startsWith("x-"));
  if (unknown !== undefined) throw new TypeProblem(`service ${service}: build.${unknown} is not supported`);
  let target: Target = {};
  const add = (name: AttributeName, value: Value | undefined): void => {
    if (value !== undefined) target = merged(target, readAttribute(name, value));
  };
  if (build["context"] !== undefined) add("context", cleanContext(toText(build["context"])));
  for (const [key, name] of Object.entries(SAME)) add(name, build[key]);
  for (const [key, name] of Object.entries(MAPS))
    if (build[key] !== undefined) add(name, pairs(build[key], "="));
  if (build["args"] !== undefined) add("args", argumentsOf(build["args"], env));
  if (build["extra_hosts"] !== undefined) add("extra-hosts", pairs(build["extra_hosts"], /[:=]/));
  if (build["shm_size"] !== undefined) add("shm-size", sizeText(build["shm_size"]));
  if (build["ulimits"] !== undefined) add("ulimits", ulimitsOf(toObject(build["ulimits"])));
  if (build["secrets"] !== undefined) add("secret", secretsOf(build["secrets"], secrets));
  if (build["network"] === "host") add("entitlements", ["network.host"]);
  add("tags", build["tags"] ?? (image === undefined || image === null ? undefined : [image]));
  return {
    name: service.replaceAll(".", "_"),
    inherits: [],
    target: merged(target, extension(toObject(build["x-bake"] ?? {}))),
  };
}

const cleanContext = (text: string): string => (/^\.\/./.test(text) ? text.slice("./".length) : text);

const EXTENSION: readonly AttributeName[] = [
  "tags",
  "cache-from",
  "cache-to",
  "secret",
  "ssh",
  "platforms",
  "output",
  "pull",
  "no-cache",
  "no-cache-filter",
  "contexts",
  "call",
  "attest",
];

/** `x-bake`: what Compose has no word for. Texts stand for lists of one. */
function extension(given: Obj): Target {
  return EXTENSION.reduce<Target>((target, name) => {
    const value = given[name];
    if (value === undefined) return target;
    const listed =
      typeof value === "string" && !["pull", "no-cache", "call"].includes(name) ? [value] : value;
    return merged(target, readAttribute(name, listed));
  }, {});
}

/** A map, or a list of "key=value". */
function pairs(value: Value, separator: string | RegExp): Obj {
  if (isObject(value)) return value;
  if (!isList(value)) throw new TypeProblem("a map or a list is required");
  return Object.fromEntries(
    value.map(toText).map((text) => {
      const [key = ""] = text.split(separator);
      return [key, text.slice(key.length + 1)];
    }),
  );
}

/** A bare name takes its value from the environment. */
function argumentsOf(value: Value, env: Environment): Obj {
  const entries: readonly (readonly [string, Value])[] = isList(value)
    ? value.map(toText).map((text) => {
        const at = text.indexOf("=");
        return at === -1 ? ([text, null] as const) : ([text.slice(0, at), text.slice(at + 1)] as const);
      })
    : Object.entries(toObject(value));
  return Object.fromEntries(entries.map(([name, item]) => [name, item ?? env[name] ?? null]));
}

const SIZE = /^(\d+)\s*([kmgt]?)(?:i?b)?$/i;

/** As Docker prints sizes: "64MiB". */
function sizeText(value: Value): string {
  const [, number, unit = ""] = SIZE.exec(toText(value)) ?? [];
  if (number === undefined) throw new TypeProblem(`invalid size ${JSON.stringify(value)}`);
  return unit === "" ? number : `${number}${unit.toUpperCase()}iB`;
}

const ulimitsOf = (limits: Obj): readonly string[] =>
  Object.entries(limits).map(([name, limit]) => {
    if (!isObject(limit)) return `${name}=${toText(limit)}`;
    return `${name}=${toText(limit["soft"] ?? 0)}:${toText(limit["hard"] ?? 0)}`;
  });

function secretsOf(value: Value, known: Obj): Value {
  if (!isList(value)) throw new TypeProblem("secrets must be a list");
  return value.map((item) => {
    const source = toText(isObject(item) ? (item["source"] ?? "") : item);
    const secret = toObject(known[source] ?? {});
    const file = secret["file"];
    const variable = secret["environment"];
    return {
      id: source,
      ...(file === undefined ? {} : { src: cleanContext(toText(file)) }),
      ...(variable === undefined ? {} : { env: toText(variable) }),
    };
  });
}
