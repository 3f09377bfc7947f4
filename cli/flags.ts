import { parseBytes } from "../core/bytes.ts";
import { parseDuration } from "../core/duration.ts";
import { Failure } from "../core/errors.ts";
import { parseBoolean } from "../core/go-boolean.ts";

/**
 * A flag, keyed by its long name in a command's table. `short` is one letter. `type` is the word shown in help where the kind's own does not say
 * enough. A flag without `default` is undefined (strings, numbers), false, or an empty list when it was not given.
 */
export type Flag = {
  readonly short?: string;
  readonly help: string;
  readonly type?: string;
  readonly hidden?: boolean;
} & (
  | { readonly kind: "bool"; readonly default?: boolean }
  /** `alone`: what it means without "=value"; the next word is then never its value. */
  | { readonly kind: "string" | "decimal"; readonly default?: string; readonly alone?: string }
  /** int as written; bytes and duration (milliseconds) from docker's notations. */
  | { readonly kind: "int" | "bytes" | "duration"; readonly default?: number }
  | { readonly kind: "list" }
);
export type Flags = Readonly<Record<string, Flag>>;

type ValueOf<F> = F extends { kind: "bool" }
  ? boolean
  : F extends { kind: "list" }
    ? readonly string[]
    : F extends { kind: "int" | "bytes" | "duration" }
      ? F extends { default: number }
        ? number
        : number | undefined
      : F extends { default: string }
        ? string
        : string | undefined;
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: ValueOf<F[K]> };

export interface Grammar<F extends Flags = Flags> {
  readonly flags: F;
  /** Names (long, or a single letter) that docker has and this version does not. */
  readonly unsupported?: readonly string[];
  /** False when everything after the first argument belongs to it, flags included. */
  readonly interspersed: boolean;
}
export interface Parsed<F extends Flags> {
  readonly values: FlagValues<F>;
  readonly args: readonly string[];
}

/** How the text of a value becomes the value; throws an Error whose message says what is wrong with it. */
const READERS: Readonly<Record<Flag["kind"], (text: string) => unknown>> = {
  bool: (text) => {
    const value = parseBoolean(text);
    if (value === undefined)
      throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
    return value;
  },
  string: (text) => text,
  decimal: (text) => {
    if (!/^\d*\.?\d+$/.test(text)) throw new Error(`failed to parse ${text} as a rational number`);
    return text;
  },
  int: (text) => {
    if (!/^[+-]?\d+$/.test(text))
      throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Number(text);
  },
  bytes: (text) => (text === "-1" ? -1 : parseBytes(text)),
  duration: parseDuration,
  list: (text) => text,
};

/**
 * Reads a command line by the grammar docker's client has (github.com/spf13/pflag): "-it" clusters, "-eA=b", "--flag value", "--flag=false",
 * repeated flags, "--". No library at hand reads "--flag=false" or leaves the container's own flags alone, so it is done here.
 * Throws FLAG_INVALID in pflag's words, OPTION_UNSUPPORTED.
 */
export function parseFlags<const F extends Flags>(grammar: Grammar<F>, argv: readonly string[]): Parsed<F> {
  const values = defaults(grammar.flags);
  const args: string[] = [];
  const rest = [...argv];
  const take = (missing: string): string => {
    const next = rest.shift();
    if (next === undefined) throw new Failure("FLAG_INVALID", { why: `flag needs an argument: ${missing}` });
    return next;
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      args.push(...rest.splice(0));
    } else if (word.startsWith("--")) {
      readLong(grammar, word, values, take);
    } else if (word.startsWith("-") && word !== "-") {
      readCluster(grammar, word, values, take);
    } else {
      args.push(word);
      if (!grammar.interspersed) args.push(...rest.splice(0));
    }
  }
  // Every flag of the table has its default, and READERS makes what ValueOf says.
  return { values: values as FlagValues<F>, args };
}

type Values = Record<string, unknown>;
type Take = (missing: string) => string;

function readLong(grammar: Grammar, word: string, values: Values, take: Take): void {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const flag = Object.hasOwn(grammar.flags, name) ? grammar.flags[name] : undefined;
  if (flag === undefined) {
    if (grammar.unsupported?.includes(name)) throw new Failure("OPTION_UNSUPPORTED", { option: `--${name}` });
    throw new Failure("FLAG_INVALID", { why: `unknown flag: --${name}` });
  }
  const text = equals >= 0 ? word.slice(equals + 1) : (aloneOf(flag) ?? take(`--${name}`));
  set(values, name, flag, text);
}

const aloneOf = (flag: Flag): string | undefined =>
  flag.kind === "bool" ? "true" : "alone" in flag ? flag.alone : undefined;

function readCluster(grammar: Grammar, word: string, values: Values, take: Take): void {
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at);
    const [name, flag] = Object.entries(grammar.flags).find(([, f]) => f.short === letter) ?? [];
    if (name === undefined || flag === undefined) {
      if (grammar.unsupported?.includes(letter))
        throw new Failure("OPTION_UNSUPPORTED", { option: `-${letter}` });
      throw new Failure("FLAG_INVALID", { why: `unknown shorthand flag: '${letter}' in ${word}` });
    }
    const after = word.slice(at + 1);
    if (flag.kind === "bool" && !after.startsWith("=")) {
      set(values, name, flag, "true");
      continue;
    }
    const missing = `'${letter}' in ${word}`;
    set(values, name, flag, after === "" ? take(missing) : after.replace(/^=/, ""));
    return;
  }
}

function set(values: Values, name: string, flag: Flag, text: string): void {
  let value: unknown;
  try {
    value = READERS[flag.kind](text);
  } catch (cause) {
    const flags = flag.short === undefined ? `--${name}` : `-${flag.short}, --${name}`;
    const why = `invalid argument ${JSON.stringify(text)} for "${flags}" flag: ${(cause as Error).message}`;
    throw new Failure("FLAG_INVALID", { why }, { cause });
  }
  values[name] = flag.kind === "list" ? [...(values[name] as readonly unknown[]), value] : value;
}

function defaults(flags: Flags): Values {
  const empty = (flag: Flag) =>
    flag.kind === "list" ? [] : (flag.default ?? (flag.kind === "bool" ? false : undefined));
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, empty(flag)]));
}
