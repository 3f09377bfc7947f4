import type { ZodType } from "zod";
import type { Document } from "../../core/document.ts";
import { Failure } from "../../core/errors.ts";

/** What the schema makes of a document of Slipway's own paths; `what` names it in errors: "a build". Throws DAEMON_ANSWER_INVALID. */
export function fitted<T>(schema: ZodType<T>, document: Document, what: string): T {
  const { data, error } = schema.safeParse(document);
  if (data !== undefined) return data;
  throw new Failure("DAEMON_ANSWER_INVALID", { why: `${what} is of another form` }, { cause: error });
}
