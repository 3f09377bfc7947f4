import { cut } from "../characters.ts";
import { Problem } from "../problem.ts";
import { withSuggestion } from "../suggest.ts";

/** The kinds of value a flag can take; "strings" may be given more than once. */
interface Kinds {
  readonly bool: boolean | undefined;
  readonly string: string | undefined;
  readonly strings: readonly string[];
}
export type FlagKinds = Readonly<Record<string, keyof Kinds>>;
export type FlagValues<K extends FlagKinds> = { readonly [Name in keyof K]: Kinds[K[Name]] };

const BOOLEANS: Readonly<Record<string, boolean | undefined>> = { true: true, "": true, false: false };

/** Reads `--name[=value]` texts against the flags an instruction has; one that is not given is undefined. Throws a Problem. */
export function readFlags<const K extends FlagKinds>(flags: readonly string[], kinds: K): FlagValues<K> {
  const values = new Map<string, string[]>();
  for (const flag of flags) {
    const [dashed, value] = cut(flag, "=");
    const name = dashed.slice("--".length);
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      throw new Problem(withSuggestion(`unknown flag: ${dashed}`, name, Object.keys(kinds)));
    }
    const earlier = values.get(name) ?? [];
    if (kind !== "strings" && earlier.length > 0) throw new Problem(`duplicate flag specified: ${dashed}`);
    if (kind === "bool" ? value === "" : value === undefined) {
      throw new Problem(`missing a value on flag: ${dashed}`);
    }
    if (kind === "bool" && BOOLEANS[value?.toLowerCase() ?? ""] === undefined) {
      throw new Problem(`expecting boolean value for flag ${dashed}, not: ${value}`);
    }
    values.set(name, [...earlier, value ?? ""]);
  }
  const read = (name: string, kind: keyof Kinds): unknown => {
    const given = values.get(name);
    if (kind === "strings") return given ?? [];
    return kind === "bool" && given !== undefined ? BOOLEANS[given[0]?.toLowerCase() ?? ""] : given?.[0];
  };
  return Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [name, read(name, kind)]),
  ) as FlagValues<K>;
}

/** Names of the flags given, each once. */
export const flagNames = (flags: readonly string[]): readonly string[] => [
  ...new Set(flags.map((flag) => cut(flag, "=")[0].slice("--".length))),
];
