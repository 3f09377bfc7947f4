import type { ZodType } from "zod";
import { Failure } from "../../core/errors.ts";

/** What the schema makes of a value. Throws REQUEST_INVALID with the first thing that is wrong and where it is, below `where`. */
export function check<T>(schema: ZodType<T>, value: unknown, where = ""): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [...(where === "" ? [] : [where]), ...(issue?.path ?? [])].join(".");
  const message = issue?.message ?? "expected something else";
  throw new Failure("REQUEST_INVALID", { why: path === "" ? message : `invalid ${path}: ${message}` });
}
