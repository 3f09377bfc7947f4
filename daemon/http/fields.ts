import type { ZodObject, ZodType } from "zod";
import * as z from "zod";
import type { Document } from "../../core/document.ts";
import { Failure } from "../../core/errors.ts";
import { check } from "./check.ts";

/** A schema for every field of a document: the compiler misses the one that was forgotten. */
export type FieldTable<T> = { readonly [K in keyof T]-?: ZodType<NonNullable<T[K]>> };
/** The fields of the table that a document has; null is absent, as Go writes it. Throws REQUEST_INVALID naming the field. */
export function readFields<T>(table: FieldTable<T>, document: Document, where = ""): Partial<T> {
  const found = Object.entries<ZodType>(table).flatMap(([name, schema]) => {
    const value = document[name];
    return value === undefined || value === null ? [] : [[name, check(schema, value, where + name)]];
  });
  // Every field was made by the schema that the table has for it.
  return Object.fromEntries(found) as Partial<T>;
}

/** The document of a table's fields, to be described: any of them may be absent or null. */
export const documentOf = <T>(table: FieldTable<T>): ZodObject =>
  z.object(
    Object.fromEntries(Object.entries<ZodType>(table).map(([name, schema]) => [name, schema.nullish()])),
  );

/** What Go sends for a field that nobody set: "", 0, false, null, empty lists, and documents of nothing else. */
export function isZero(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).every(isZero);
  return value === undefined || value === null || value === "" || value === 0 || value === false;
}

/** Nothing that was asked for is left out silently: throws OPTION_UNSUPPORTED for a field that is not known, says something, and does harm. */
export function refuseOthers(
  where: string,
  document: Document,
  known: Readonly<Record<string, unknown>>,
  harmless: (name: string, value: unknown) => boolean = () => false,
): void {
  for (const [name, value] of Object.entries(document)) {
    if (Object.hasOwn(known, name) || isZero(value) || harmless(name, value)) continue;
    throw new Failure("OPTION_UNSUPPORTED", { option: where + name });
  }
}
