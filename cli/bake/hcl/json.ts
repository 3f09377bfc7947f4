import type { At, Attribute, Block, Body, Expression } from "./ast.ts";
import { GRAMMAR } from "./expression.ts";
import { invalid } from "./problem.ts";
import { readTemplate } from "./template.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** The blocks of a bake file, and how many labels each has. */
const LABELLED = ["group", "target", "variable", "function"];

/** Reads a bake file that is JSON: objects of objects are blocks, strings are templates. Throws BAKE_FILE_INVALID. */
export function readJson(text: string, file: string): Body {
  const at = { file, line: 1 };
  const document = parse(text, at);
  const attributes: Attribute[] = [];
  const blocks: Block[] = [];
  for (const [name, value] of Object.entries(objectAt(document, "the file", at))) {
    if (!LABELLED.includes(name)) attributes.push({ name, value: expressionOf(value, at), at });
    else
      for (const [label, body] of labelled(value, name, at))
        blocks.push({ type: name, labels: [label], body: bodyOf(body, at), at });
  }
  return { attributes, blocks };
}

function parse(text: string, at: At): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw invalid(at, `invalid JSON: ${(error as Error).message}`);
  }
}

function labelled(value: Json, name: string, at: At): readonly (readonly [string, JsonObject])[] {
  const objects = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return objects.flatMap((object) =>
    Object.entries(objectAt(object, name, at)).map(
      ([label, body]) => [label, objectAt(body, `${name} ${JSON.stringify(label)}`, at)] as const,
    ),
  );
}

function bodyOf(object: JsonObject, at: At): Body {
  const attributes: Attribute[] = [];
  const blocks: Block[] = [];
  for (const [name, value] of Object.entries(object)) {
    if (name !== "validation") attributes.push({ name, value: expressionOf(value, at), at });
    else
      for (const each of Array.isArray(value) ? (value as readonly Json[]) : [value])
        blocks.push({ type: name, labels: [], body: bodyOf(objectAt(each, name, at), at), at });
  }
  return { attributes, blocks };
}

function expressionOf(value: Json, at: At): Expression {
  if (typeof value === "string") return readTemplate(value, { at, grammar: GRAMMAR });
  if (Array.isArray(value))
    return { kind: "tuple", items: (value as readonly Json[]).map((item) => expressionOf(item, at)), at };
  if (typeof value !== "object" || value === null) return { kind: "literal", value: value as number, at };
  const items = Object.entries(value).map(
    ([key, item]) => [expressionOf(key, at), expressionOf(item, at)] as const,
  );
  return { kind: "object", items, at };
}

function objectAt(value: Json, what: string, at: At): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw invalid(at, `${what} must be an object`);
}
