// What Go's reflection decides for text/template, for values as they come from JSON: null, booleans, numbers, strings, lists, maps.

export type Method = (...args: readonly unknown[]) => unknown;

export const isNil = (value: unknown): value is null | undefined => value === null || value === undefined;
export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
export const isMethod = (value: unknown): value is Method => typeof value === "function";

/** Go's order of map keys when it prints or ranges: by bytes. */
export const sortedKeys = (map: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.keys(map).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** False for the zero value of each kind, as {{if}} sees it. */
export function isTrue(value: unknown): boolean {
  if (isNil(value)) return false;
  if (isList(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return value instanceof Date || isMethod(value) || Boolean(value);
}

export function kindOf(value: unknown): string {
  if (isNil(value)) return "nil";
  if (isList(value)) return "slice";
  if (isMap(value)) return "map";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float64";
  return { boolean: "bool", bigint: "int64", string: "string" }[typeof value as string] ?? typeof value;
}

/** Go's %v; inside a list or map nil is "<nil>". */
export function print(value: unknown): string {
  if (isNil(value)) return "<nil>";
  if (isList(value)) return `[${value.map(print).join(" ")}]`;
  if (value instanceof Date) return value.toISOString();
  if (isMap(value))
    return `map[${sortedKeys(value)
      .map((key) => `${key}:${print(value[key])}`)
      .join(" ")}]`;
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "string") return value;
  return typeof value === "boolean" || typeof value === "bigint" ? String(value) : kindOf(value);
}

function printNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  // Go writes at least two digits of exponent: 1e+21, 1.5e-07.
  return String(value).replace(/e([+-])(\d)$/, "e$10$2");
}

/** What {{…}} writes for a value: as %v, but nil at the top is "<no value>". */
export const write = (value: unknown): string => (isNil(value) ? "<no value>" : print(value));

/** fmt.Sprint puts a space between two operands when neither is a string. */
export function sprint(values: readonly unknown[]): string {
  return values
    .map((value, i) => {
      const spaced = i > 0 && typeof value !== "string" && typeof values[i - 1] !== "string";
      return (spaced ? " " : "") + print(value);
    })
    .join("");
}
