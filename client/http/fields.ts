import type { Document } from "../../core/document.ts";
import { Failure } from "../../core/errors.ts";

// Readers of one field each, as Go writes it: what is absent or null is its zero value. They throw DAEMON_ANSWER_INVALID on another type.

export const text = (document: Document, name: string): string =>
  read(document, name, "", (value) => typeof value === "string");

export const number = (document: Document, name: string): number =>
  read(document, name, 0, (value) => typeof value === "number");

export const flag = (document: Document, name: string): boolean =>
  read(document, name, false, (value) => typeof value === "boolean");

export const child = (document: Document, name: string): Document => read(document, name, {}, isDocument);

export const texts = (document: Document, name: string): readonly string[] =>
  read<readonly string[]>(document, name, [], (value) => isTexts(value));

export const children = (document: Document, name: string): readonly Document[] =>
  read<readonly Document[]>(document, name, [], isDocuments);

export const textMap = (document: Document, name: string): Readonly<Record<string, string>> =>
  read<Readonly<Record<string, string>>>(
    document,
    name,
    {},
    (value) => isDocument(value) && isTexts(Object.values(value)),
  );

/**
 * The fields of `zero`, each from the document where it is of the same JSON type, else as it is in `zero`: of documents whose fields an engine
 * may lack, or write as null.
 */
export function filled<T extends object>(zero: T, document: Document): T {
  const fields = Object.entries(zero).map(([name, empty]) => {
    const value = document[name];
    return [name, typeOf(value) === typeOf(empty) ? value : empty];
  });
  return Object.fromEntries(fields) as T;
}

const typeOf = (value: unknown): string =>
  Array.isArray(value) ? "list" : value === null ? "null" : typeof value;

export const isDocument = (value: unknown): value is Document => typeOf(value) === "object";

export const isDocuments = (value: unknown): value is readonly Document[] =>
  Array.isArray(value) && value.every(isDocument);

export const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string");

function read<T>(document: Document, name: string, zero: T, fits: (value: unknown) => boolean): T {
  const value = document[name] ?? undefined;
  if (value === undefined) return zero;
  if (!fits(value))
    throw new Failure("DAEMON_ANSWER_INVALID", { why: `the field ${name} is a ${typeOf(value)}` });
  return value as T;
}
