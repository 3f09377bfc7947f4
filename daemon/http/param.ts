import * as z from "zod";
import { parseMoment } from "../../core/moment.ts";

/** The parameters of a query, each with all its values. */
export type Fields = Readonly<Record<string, readonly string[]>>;

export function queryOf(search: URLSearchParams): Fields {
  return Object.fromEntries([...new Set(search.keys())].map((name) => [name, search.getAll(name)]));
}

const values = z.array(z.string());
const first = values.optional().transform((list) => list?.[0] ?? "");

/** How a parameter is written, for descriptions; all are texts to the schemas. */
const written = (schema: Readonly<Record<string, unknown>>) => ({ written: schema });

const NO = new Set(["", "0", "no", "false", "none"]);

/** Everything but "", "0", "no", "false" and "none" is true. */
export const flag = (absent = false) =>
  values
    .optional()
    .transform((list) => (list === undefined ? absent : !NO.has((list[0] ?? "").trim().toLowerCase())))
    .meta(written({ type: "boolean", default: absent }));
/** "" when it is absent. */
export const text = first.meta(written({ type: "string" }));
/** A request without it is wrong. */
export const requiredText = values.transform(([value = ""]) => value).meta(written({ type: "string" }));
/** Undefined when it is absent or empty. */
export const optionalText = text.transform((value) => (value === "" ? undefined : value));
/** Every value of a parameter that may be repeated. */
export const list = values.optional().transform((all) => all ?? []);
/** Undefined when it is absent or empty. */
export const integer = first
  .transform((value, context) => {
    if (value === "") return undefined;
    if (/^[+-]?\d{1,15}$/.test(value)) return Number(value);
    context.addIssue(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    return z.NEVER;
  })
  .meta(written({ type: "integer" }));
/** One of these words. Undefined when it is absent or empty. */
export const oneOf = <const Word extends string>(words: readonly Word[]) =>
  first
    .transform((value, context): Word | undefined => {
      const found = words.find((word) => word === value);
      if (found !== undefined || value === "") return found;
      context.addIssue(`expected ${words.join(" or ")}, got ${JSON.stringify(value.slice(0, 200))}`);
      return z.NEVER;
    })
    .meta(written({ type: "string", enum: words }));
/** A JSON text. Undefined when it is absent or empty. */
export const json = <T>(schema: z.ZodType<T>) =>
  first
    .transform((value, context): T | undefined => {
      if (value === "") return undefined;
      const parsed = schema.safeParse(parse(value));
      if (parsed.success) return parsed.data;
      context.addIssue(`invalid JSON: ${JSON.stringify(value.slice(0, 200))}`);
      return z.NEVER;
    })
    .meta(written({ type: "string", contentMediaType: "application/json" }));

function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** RFC 3339, seconds since the epoch with a fraction perhaps, or a duration before now. Undefined when it is absent, empty or 0. */
export const moment = first
  .transform((value, context) => {
    if (value === "" || Number(value) === 0) return undefined;
    const found = parseMoment(value, Date.now());
    if (found !== undefined) return found;
    context.addIssue(
      `expected seconds since the epoch, RFC 3339 or a duration, got ${JSON.stringify(value.slice(0, 200))}`,
    );
    return z.NEVER;
  })
  .meta(written({ type: "string" }));

const FILTER_VALUES = z.union([
  z.array(z.string()),
  z.record(z.string(), z.boolean()).transform(Object.keys),
]);

/** Docker's filters: name → values, as a list or in their old form as keys of an object. */
export const filters = json(z.record(z.string(), FILTER_VALUES)).transform((value) => value ?? {});
