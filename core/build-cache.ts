import { parseDuration } from "./duration.ts";
import { Failure } from "./errors.ts";
import { parseBoolean } from "./go-boolean.ts";
import { loadSearch, type SearchCompiler } from "./text-search.ts";

/** Results of steps, the directories of RUN --mount=type=cache, and what a failed step left for `builds debug`. */
export type CacheKind = "step" | "mount" | "failure";

/** The names that BuildKit and the Engine API have for them; the last one is ours. */
export const CACHE_TYPES: Readonly<Record<CacheKind, string>> = {
  step: "regular",
  mount: "exec.cachemount",
  failure: "exec.failed",
};

/**
 * Conditions that all must hold, as of `docker buildx prune --filter`: id, parent, type, description, inuse, mutable, immutable, shared, private
 * with a value each (none: it is so); until and unused-for with a duration. The key ends in "!" where the value must be another one, and in "~"
 * where it is a regular expression, as that of an id always is.
 */
export type CacheFilters = Readonly<Record<string, readonly string[]>>;

/** What filters look at. */
export interface CacheFacts {
  readonly id: string;
  readonly kind: CacheKind;
  readonly parents: readonly string[];
  readonly description: string;
  readonly usedAt: Date;
  readonly inUse: boolean;
  readonly shared: boolean;
}
type Test = (facts: CacheFacts) => boolean;

const TEXTS: Readonly<Record<string, (facts: CacheFacts) => readonly string[]>> = {
  id: ({ id }) => [id],
  parent: ({ parents }) => parents,
  parents: ({ parents }) => parents,
  type: ({ kind }) => [CACHE_TYPES[kind]],
  description: ({ description }) => [description],
};

const FLAGS: Readonly<Record<string, Test>> = {
  inuse: ({ inUse }) => inUse,
  mutable: ({ kind }) => kind !== "step",
  immutable: ({ kind }) => kind === "step",
  shared: ({ shared }) => shared,
  private: ({ shared }) => !shared,
};

const AGES = ["until", "unused-for"];
const KNOWN = [...Object.keys(TEXTS), ...Object.keys(FLAGS), ...AGES].sort();
const hasPattern = (key: string): boolean => key.endsWith("~") || key === "id";

/** `now` in milliseconds since the epoch. Rejects with FILTER_UNKNOWN, OPTION_INVALID. */
export async function compileCacheFilters(filters: CacheFilters, now: number): Promise<Test> {
  const patterns = Object.entries(filters).flatMap(([key, values]) => (hasPattern(key) ? values : []));
  return compileCacheFiltersBy(await loadSearch(patterns), filters, now);
}

/** The same with what compiles their patterns. Throws FILTER_UNKNOWN, OPTION_INVALID. */
export function compileCacheFiltersBy(search: SearchCompiler, filters: CacheFilters, now: number): Test {
  const tests = Object.entries(filters).map(([key, values]) => compileFilter(key, values, { now, search }));
  return (facts) => tests.every((test) => test(facts));
}

interface Around {
  readonly now: number;
  readonly search: SearchCompiler;
}

function compileFilter(key: string, values: readonly string[], { now, search }: Around): Test {
  const [, name = key, operator = ""] = /^(.*?)([!~]?)$/s.exec(key) ?? [];
  if (values.length > 1) throw invalid(key, values.join(", "), "one value");
  const [value] = values;
  if (AGES.includes(name) && operator === "") return ageTest(name, value ?? "", now);
  const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
  if (flag !== undefined && operator !== "~") return flagTest(key, flag, value);
  const texts = Object.hasOwn(TEXTS, name) ? TEXTS[name] : undefined;
  if (texts === undefined) throw new Failure("FILTER_UNKNOWN", { filter: key, known: KNOWN });
  return textTest(key, texts, { value, search });
}

function textTest(
  key: string,
  texts: (facts: CacheFacts) => readonly string[],
  { value, search }: { readonly value: string | undefined; readonly search: SearchCompiler },
): Test {
  if (value === undefined) return (facts) => texts(facts).length > 0;
  if (key.endsWith("!")) return (facts) => !texts(facts).includes(value);
  if (!hasPattern(key)) return (facts) => texts(facts).includes(value);
  const isFound = search(`--filter ${key}`, value);
  return (facts) => texts(facts).some(isFound);
}

function flagTest(key: string, flag: Test, value = ""): Test {
  const given = value === "" ? true : parseBoolean(value);
  if (given === undefined) throw invalid(key, value, "true or false");
  const wanted = key.endsWith("!") ? !given : given;
  return (facts) => flag(facts) === wanted;
}

function ageTest(name: string, value: string, now: number): Test {
  let age: number;
  try {
    age = parseDuration(value);
  } catch (cause) {
    throw invalid(name, value, "a duration like 24h", cause);
  }
  return ({ usedAt }) => now - usedAt.getTime() >= age;
}

const invalid = (key: string, got: string, want: string, cause?: unknown): Failure =>
  new Failure("OPTION_INVALID", { option: `--filter ${key}`, got, want }, { cause });
