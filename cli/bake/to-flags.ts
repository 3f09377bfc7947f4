import { join } from "node:path";
import { isRemoteContext } from "../../core/build-context.ts";
import { csvText } from "../../core/csv.ts";
import { Failure } from "../../core/errors.ts";
import { BUILD_FLAGS } from "../build-options/flags.ts";
import type { BuildFlags } from "../build-options/prepare.ts";
import { parseFlags } from "../flags.ts";
import type { AttributeName, Target } from "./attributes.ts";
import { CACHE_ONLY } from "./definition.ts";
import type { Fields } from "./fields.ts";

type Map = Readonly<Record<string, string>>;
type Writers = { readonly [K in AttributeName]?: (value: NonNullable<Target[K]>) => readonly string[] };

const each =
  <T>(flag: string, write: (item: T) => string) =>
  (items: readonly T[]): readonly string[] =>
    items.map((item) => `--${flag}=${write(item)}`);
const pairs =
  (flag: string, separator = "=") =>
  (map: Map): readonly string[] =>
    Object.entries(map).map(([key, value]) => `--${flag}=${key}${separator}${value}`);
const one =
  (flag: string) =>
  (value: string | boolean): readonly string[] => [`--${flag}=${value}`];
const same = (text: string): string => text;
const ofAgent = ({ id = "default", paths }: Fields): string => (paths === undefined ? id : `${id}=${paths}`);

/** The flag of `build` that says what an attribute says. */
const WRITERS: Writers = {
  args: pairs("build-arg"),
  labels: pairs("label"),
  annotations: each("annotation", same),
  tags: each("tag", same),
  "cache-from": each("cache-from", csvText),
  "cache-to": each("cache-to", csvText),
  target: one("target"),
  secret: each("secret", csvText),
  ssh: each("ssh", ofAgent),
  platforms: each("platform", same),
  output: each("output", csvText),
  pull: one("pull"),
  "no-cache": one("no-cache"),
  "no-cache-filter": each("no-cache-filter", same),
  network: one("network"),
  "shm-size": one("shm-size"),
  ulimits: each("ulimit", same),
  "extra-hosts": pairs("add-host", ":"),
  // Of several for one type, that of the file or flag read last holds.
  attest: (list) => each("attest", csvText)([...new Map(list.map((one) => [one["type"], one])).values()]),
};
/** What is no flag, or handled apart; entitlements are given on the command line, as a file must not give them to itself. */
const APART: readonly AttributeName[] = [
  "description",
  "context",
  "contexts",
  "dockerfile",
  "dockerfile-inline",
  "call",
  "entitlements",
];

/** A target as the flags of `build`, without its contexts that are other targets. Throws OPTION_UNSUPPORTED for what cannot be built yet. */
export function flagsOf(name: string, target: Target, allow: readonly string[]): BuildFlags {
  const output = (target.output ?? []).filter(({ type }) => type !== CACHE_ONLY.type);
  const isUnseen = target.output !== undefined && target.output.length > 0 && output.length === 0;
  const { tags, ...rest } = { ...target, output };
  const shown: Target = isUnseen ? rest : { ...rest, ...(tags === undefined ? {} : { tags }) };
  const argv = Object.entries(shown).flatMap(([attribute, value]) => {
    if (APART.includes(attribute as AttributeName)) return [];
    const write = WRITERS[attribute as AttributeName] as ((value: unknown) => readonly string[]) | undefined;
    if (write !== undefined) return write(value);
    if (isEmpty(value)) return [];
    throw new Failure("OPTION_UNSUPPORTED", { option: `${attribute} of target ${name}` });
  });
  const contexts = Object.entries(target.contexts ?? {}).flatMap(([key, source]) =>
    source.startsWith("target:") ? [] : [`--build-context=${key}=${source}`],
  );
  const allowed = allow.map((entitlement) => `--allow=${entitlement}`);
  const grammar = { flags: BUILD_FLAGS, interspersed: false } as const;
  return parseFlags(grammar, [...argv, ...contexts, ...allowed, ...fileFlag(target)]).values;
}

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** The Dockerfile is seen from the context. */
function fileFlag(target: Target): readonly string[] {
  const { context = ".", dockerfile = "Dockerfile" } = target;
  if (target["dockerfile-inline"] !== undefined) return ["--file=-"];
  if (dockerfile === "Dockerfile") return [];
  return [
    `--file=${isRemoteContext(context) || dockerfile.startsWith("/") ? dockerfile : join(context, dockerfile)}`,
  ];
}
