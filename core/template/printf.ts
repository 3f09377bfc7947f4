import { isNil, kindOf, print } from "./values.ts";

const DIRECTIVE = /%(?<flags>[-+# 0]*)(?<width>\d*)(?:\.(?<precision>\d*))?(?<verb>[a-zA-Z%])/g;
/** As in Go. */
const WIDEST = 1e6;

interface Directive {
  readonly flags: string;
  readonly precision: number | undefined;
}
type Verb = (value: unknown, directive: Directive) => string | undefined;

const integer =
  (radix: number, upper = false): Verb =>
  (value, { flags }) => {
    if (typeof value === "string" && radix === 16) {
      const hex = Buffer.from(value).toString("hex");
      return upper ? hex.toUpperCase() : hex;
    }
    if (typeof value !== "bigint" && !(typeof value === "number" && Number.isInteger(value)))
      return undefined;
    const digits = value.toString(radix);
    const prefix = flags.includes("#") && radix === 16 ? "0x" : "";
    const sign = flags.includes("+") && !digits.startsWith("-") ? "+" : "";
    return sign + prefix + (upper ? digits.toUpperCase() : digits);
  };
const float =
  (render: (value: number, precision: number | undefined) => string): Verb =>
  (value, { precision }) =>
    typeof value === "number" ? render(value, precision) : undefined;
/** Go writes at least two digits of exponent. */
const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, "e$10$2");
const cut = (text: string, precision: number | undefined): string =>
  precision === undefined ? text : Array.from(text).slice(0, precision).join("");

const VERBS: Readonly<Record<string, Verb>> = {
  v: (value, { precision }) => cut(print(value), typeof value === "string" ? precision : undefined),
  s: (value, { precision }) =>
    typeof value === "number" || typeof value === "boolean" || isNil(value)
      ? undefined
      : cut(print(value), precision),
  q: (value) => (typeof value === "string" ? JSON.stringify(value) : undefined),
  t: (value) => (typeof value === "boolean" ? String(value) : undefined),
  d: integer(10),
  x: integer(16),
  X: integer(16, true),
  o: integer(8),
  b: integer(2),
  c: (value) => (typeof value === "number" ? String.fromCodePoint(value) : undefined),
  f: float((value, precision) => value.toFixed(precision ?? 6)),
  e: float((value, precision) => exponent(value.toExponential(precision ?? 6))),
  g: float((value, precision) =>
    exponent(precision === undefined ? String(value) : String(Number(value.toPrecision(precision || 1)))),
  ),
  T: kindOf,
};

/** Go's fmt.Sprintf for the verbs a template can use; what does not fit is shown as Go shows it: "%!d(string=x)". */
export function sprintf(format: string, values: readonly unknown[]): string {
  let used = 0;
  const text = format.replace(DIRECTIVE, (...match) => {
    const {
      flags = "",
      width = "",
      precision,
      verb = "",
    } = match.at(-1) as Record<string, string | undefined>;
    if (verb === "%") return "%";
    if (used >= values.length) return `%!${verb}(MISSING)`;
    const value = values[used++];
    const directive = { flags, precision: precision === undefined ? undefined : Number(precision) };
    const rendered = VERBS[verb]?.(value, directive) ?? `%!${verb}(${kindOf(value)}=${print(value)})`;
    return padTo(rendered, Number(width), flags);
  });
  const extra = values.slice(used).map((value) => `${kindOf(value)}=${print(value)}`);
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(", ")})`;
}

function padTo(text: string, width: number, flags: string): string {
  if (width > WIDEST) throw new RangeError(`a width of ${width} is more than ${WIDEST}`);
  const missing = Math.max(0, width - Array.from(text).length);
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (!flags.includes("0")) return " ".repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}
