import type { Value } from "./ast.ts";

/** A value that is not of the type it has to be; the caller knows the place. */
export class TypeProblem extends Error {
  override readonly name = "TypeProblem";
}

export type List = readonly Value[];
export type Obj = Readonly<Record<string, Value>>;

export const isList = (value: Value): value is List => Array.isArray(value);
export const isObject = (value: Value): value is Obj =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function typeName(value: Value): string {
  if (value === null) return "null";
  if (isList(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Numbers and truth values are texts where a text is wanted. */
export function toText(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new TypeProblem(`a string is required, got ${typeName(value)}`);
}

export function toNumber(value: Value): number {
  if (typeof value === "number") return value;
  if (typeof value === "string" && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value)) return Number(value);
  throw new TypeProblem(
    `a number is required, got ${typeof value === "string" ? JSON.stringify(value) : typeName(value)}`,
  );
}

export function toBool(value: Value): boolean {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "false") return value === "true";
  throw new TypeProblem(
    `a bool is required, got ${typeof value === "string" ? JSON.stringify(value) : typeName(value)}`,
  );
}

export function toList(value: Value): List {
  if (isList(value)) return value;
  throw new TypeProblem(`a list is required, got ${typeName(value)}`);
}

export function toObject(value: Value): Obj {
  if (isObject(value)) return value;
  throw new TypeProblem(`an object is required, got ${typeName(value)}`);
}

/** Objects are in the order of their keys, as everywhere in HCL. */
export const sortedEntries = (object: Obj): readonly (readonly [string, Value])[] =>
  Object.entries(object).sort(([a], [b]) => (a < b ? -1 : Number(a > b)));

export function toJson(value: Value): string {
  if (isList(value)) return `[${value.map(toJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${sortedEntries(value)
    .map(([key, item]) => `${JSON.stringify(key)}:${toJson(item)}`)
    .join(",")}}`;
}

export const equals = (a: Value, b: Value): boolean => toJson(a) === toJson(b);

/** An element of a list, an attribute of an object. */
export function lookUp(of: Value, key: Value): Value {
  const found = isList(of) ? of[toNumber(key)] : toObject(of)[toText(key)];
  if (found === undefined) throw new TypeProblem(`there is no ${JSON.stringify(key)} in ${typeName(of)}`);
  return found;
}
