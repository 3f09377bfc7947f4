import { queryEscape } from "../query-escape.ts";
import { sprintf } from "./printf.ts";
import { isList, isMap, isMethod, isNil, isTrue, kindOf, type Method, print, sprint } from "./values.ts";

/** A function of a template; what it throws as an Error becomes "error calling NAME: message". */
export type Functions = Readonly<Record<string, Method>>;

/** "and" and "or" stop at the operand that decides; they are evaluated by the template, not called. */
export const LAZY: Readonly<Record<string, (value: unknown) => boolean>> = {
  and: (value) => !isTrue(value),
  or: isTrue,
};

const string = (value: unknown): string => {
  if (typeof value === "string") return value;
  throw new TypeError(`wrong type for value; expected string; got ${kindOf(value)}`);
};
const number = (value: unknown): number => {
  if (typeof value === "number") return value;
  throw new TypeError(`wrong type for value; expected int; got ${kindOf(value)}`);
};

type Basic = boolean | number | string;
function comparable(a: unknown, b: unknown): readonly [Basic, Basic] {
  const basic = (value: unknown): value is Basic => ["boolean", "number", "string"].includes(typeof value);
  if (!basic(a) || !basic(b)) throw new TypeError("incompatible types for comparison");
  if (typeof a !== typeof b) throw new TypeError("incompatible types for comparison");
  return [a, b];
}
function equal(a: unknown, b: unknown): boolean {
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b);
  if (!isTrue(a) && kindOf(a) === kindOf(b) && !isTrue(b)) return true;
  const [x, y] = comparable(a, b);
  return x === y;
}
function less(a: unknown, b: unknown): boolean {
  const [x, y] = comparable(a, b);
  if (typeof x === "boolean") throw new TypeError("invalid type for comparison");
  return x < y;
}

function item(value: unknown, key: unknown): unknown {
  if (isNil(value)) throw new TypeError("index of untyped nil");
  if (isMap(value)) {
    const name = string(key);
    if (Object.hasOwn(value, name)) return value[name];
    // A Go map of strings answers with its zero value.
    return Object.values(value).every((entry) => typeof entry === "string") ? "" : undefined;
  }
  if (!isList(value) && typeof value !== "string")
    throw new TypeError(`can't index item of type ${kindOf(value)}`);
  const at = number(key);
  if (!Number.isInteger(at) || at < 0 || at >= value.length)
    throw new RangeError(`index out of range: ${at}`);
  return typeof value === "string" ? Buffer.from(value)[at] : value[at];
}

function part(value: unknown, ...bounds: readonly unknown[]): unknown {
  if (typeof value !== "string" && !isList(value))
    throw new TypeError(`can't slice item of type ${kindOf(value)}`);
  const [start = 0, end = value.length] = bounds.map(number);
  if (start < 0 || end > value.length) throw new RangeError(`index out of range: ${start < 0 ? start : end}`);
  if (start > end) throw new RangeError(`invalid slice index: ${start} > ${end}`);
  return value.slice(start, end);
}

function length(value: unknown): number {
  if (isNil(value)) throw new TypeError("len of nil pointer");
  if (typeof value === "string") return Buffer.byteLength(value);
  if (isList(value)) return value.length;
  if (isMap(value)) return Object.keys(value).length;
  throw new TypeError(`len of type ${kindOf(value)}`);
}

/** strings.Title: the first letter of every word, the rest as it is. */
const title = (text: string): string =>
  text.replace(
    /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
    (_all, before: string, letter: string) => before + letter.toUpperCase(),
  );

const HTML: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&#34;",
  "'": "&#39;",
};
const JS: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};

/** Those of text/template, and docker's own: json, split, join, title, lower, upper, pad, truncate. */
export const FUNCTIONS: Functions = {
  // Evaluated lazily; here so that the parser knows the names.
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => {
    if (others.length === 0) throw new TypeError("missing argument for comparison");
    return others.some((other) => equal(first, other));
  },
  ne: (a, b) => !equal(a, b),
  lt: less,
  le: (a, b) => !less(b, a),
  gt: (a, b) => less(b, a),
  ge: (a, b) => !less(a, b),
  len: length,
  index: (value, ...keys) => keys.reduce(item, value),
  slice: part,
  call: (method, ...args) => {
    if (!isMethod(method)) throw new TypeError(`non-function of type ${kindOf(method)}`);
    return method(...args);
  },
  print: (...values) => sprint(values),
  println: (...values) => `${values.map(print).join(" ")}\n`,
  printf: (format, ...values) => sprintf(string(format), values),
  html: (...values) => sprint(values).replace(/[<>&"']/g, (c) => HTML[c] ?? c),
  js: (...values) => sprint(values).replace(/[\\'"<>&=]/g, (c) => JS[c] ?? c),
  urlquery: (...values) => queryEscape(sprint(values)),
  json: (value) => JSON.stringify(value ?? null),
  split: (text, separator) => string(text).split(string(separator)),
  join: (list, separator) => {
    if (isNil(list)) return "";
    if (!isList(list)) throw new TypeError(`wrong type for value; expected []string; got ${kindOf(list)}`);
    return list.map(print).join(string(separator));
  },
  title: (text) => title(string(text)),
  lower: (text) => string(text).toLowerCase(),
  upper: (text) => string(text).toUpperCase(),
  pad: (text, before, after) =>
    string(text) === "" ? "" : " ".repeat(number(before)) + string(text) + " ".repeat(number(after)),
  truncate: (text, width) => string(text).slice(0, number(width)),
};
export const FUNCTION_NAMES: ReadonlySet<string> = new Set(Object.keys(FUNCTIONS));

/** For the header of a table the values are column titles, which docker's own functions leave as they are. */
export const HEADER_FUNCTIONS: Functions = {
  ...FUNCTIONS,
  ...Object.fromEntries(
    ["json", "split", "join", "title", "lower", "upper", "pad", "truncate"].map((name) => [
      name,
      (title: unknown) => title,
    ]),
  ),
};
