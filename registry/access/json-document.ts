import type { z } from "zod";
import { Failure } from "../../core/errors.ts";

/** A reader of JSON texts that fit a schema; an empty text is `empty`. What it throws is ACCESS_FILE_INVALID with the line or the field at fault. */
export function documentReader<S extends z.ZodType>(
  schema: S,
  empty: z.infer<S>,
): (text: string, file: string) => z.infer<S> {
  return (text, file) => {
    if (text.trim() === "") return empty;
    const result = schema.safeParse(parseJson(text, file));
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new Failure("ACCESS_FILE_INVALID", {
      file,
      where: fieldOf(issue?.path ?? []),
      why: issue?.message ?? "not what was expected",
    });
  };
}

/** As one would write it in JavaScript: "rules[2].actions". */
const fieldOf = (path: readonly PropertyKey[]): string =>
  path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    // Of short texts V8 quotes all and tells no position.
    const [, position] = /at position (\d+)/.exec(message) ?? [];
    const line = position === undefined ? {} : { line: text.slice(0, Number(position)).split("\n").length };
    throw new Failure("ACCESS_FILE_INVALID", { file, ...line, why: message.replace(/, "(?:.|\n)*/, "") });
  }
}
