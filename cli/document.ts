import { type Context, print } from "./context.ts";
import { renderTemplate } from "./format/template.ts";

/** Prints one document: as "json", through a Go template, or with `plain` when no format is asked for. */
export async function printDocument(
  context: Context,
  value: Readonly<Record<string, unknown>>,
  format: string | undefined,
  plain: (value: Readonly<Record<string, unknown>>) => string,
): Promise<void> {
  const text =
    format === undefined || format === ""
      ? plain(value)
      : format === "json"
        ? JSON.stringify(value)
        : renderTemplate(format, value);
  await print(context, text);
}

export const DOCUMENT_FORMAT_FLAG = {
  kind: "string",
  short: "f",
  help: [
    "Format output using a custom template:",
    "'json': Print in JSON format",
    "'TEMPLATE': Print output using the given Go template.",
  ].join("\n"),
} as const;
