import type { ZodType } from "zod";
import { Failure } from "../../core/errors.ts";
import { check } from "../http/check.ts";

/**
 * What a header of credentials says, as base64url of JSON; undefined where it is absent or empty. Its length has the bound of all headers.
 * Throws REQUEST_INVALID naming the header.
 */
export function readAuthHeader<T>(
  schema: ZodType<T>,
  header: string | readonly string[] | undefined,
  name: string,
): T | undefined {
  const text = typeof header === "string" ? header : (header?.[0] ?? "");
  return text === "" ? undefined : check(schema, decode(text, name), `${name} header`);
}

function decode(text: string, name: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch (cause) {
    const why = `invalid ${name} header: must be a valid base64url-encoded JSON object`;
    throw new Failure("REQUEST_INVALID", { why }, { cause });
  }
}
