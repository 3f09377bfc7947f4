import type { Value } from "../hcl/ast.ts";
import { TypeProblem, toBool, toJson, toNumber, toText } from "../hcl/values.ts";

const VERB =
  /%(%|(?<flags>[-+ 0#]*)(?<width>\d*)(?:\.(?<precision>\d*))?(?:\[(?<index>\d+)\])?(?<verb>[a-zA-Z]))/g;

interface Spec {
  readonly flags: string;
  readonly precision: number | undefined;
}
const signed = (text: string, flags: string): string =>
  flags.includes("+") && !text.startsWith("-") ? `+${text}` : text;
const radix =
  (base: number) =>
  (value: Value): string =>
    Math.trunc(toNumber(value)).toString(base);

/** https://pkg.go.dev/github.com/zclconf/go-cty/cty/function/stdlib#Format */
const VERBS: Readonly<Record<string, (value: Value, spec: Spec) => string>> = {
  v: (value) => (typeof value === "object" ? toJson(value) : toText(value)),
  s: (value, { precision }) => Array.from(toText(value)).slice(0, precision).join(""),
  q: (value) => JSON.stringify(toText(value)),
  d: (value, { flags }) => signed(String(Math.trunc(toNumber(value))), flags),
  f: (value, { flags, precision = 6 }) => signed(toNumber(value).toFixed(Math.min(precision, 100)), flags),
  e: (value, { precision = 6 }) =>
    toNumber(value)
      .toExponential(Math.min(precision, 100))
      .replace(/e([+-])(\d)$/, "e$10$2"),
  t: (value) => String(toBool(value)),
  b: radix(2),
  o: radix(8),
  x: radix(16),
  X: (value) => radix(16)(value).toUpperCase(),
};
/** Wider than anything that is meant. */
const MAX_WIDTH = 10_000;

/** Puts values where a pattern has verbs of Go's fmt. Throws a TypeProblem. */
export function format(pattern: string, values: readonly Value[]): string {
  let next = 0;
  return pattern.replaceAll(VERB, (found: string, ...rest: readonly unknown[]) => {
    if (found === "%%") return "%";
    const {
      flags = "",
      width = "",
      precision,
      index,
      verb = "",
    } = rest.at(-1) as Record<string, string | undefined>;
    const write = VERBS[verb];
    if (write === undefined) throw new TypeProblem(`unsupported format verb ${JSON.stringify(verb)}`);
    if (index !== undefined) next = Number(index) - 1;
    const value = values[next++];
    if (value === undefined)
      throw new TypeProblem(`not enough arguments for the format ${JSON.stringify(pattern)}`);
    const text = write(value, { flags, precision: precision === undefined ? undefined : Number(precision) });
    return padded(text, { flags, width: Math.min(Number(width), MAX_WIDTH) });
  });
}

function padded(text: string, { flags, width }: { readonly flags: string; readonly width: number }): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}
