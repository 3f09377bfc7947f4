import { HEADER_FUNCTIONS } from "../../core/template/functions.ts";
import { alignColumns } from "./table.ts";
import { compileTemplate } from "./template.ts";

export interface List {
  /** One value per line; its fields by the names users put in templates: "ID", "Names". A method takes arguments: {{.Label "x"}}. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** The title of each field's column: { ID: "CONTAINER ID" }. */
  readonly headers: Readonly<Record<string, string>>;
  /** What "table" alone stands for: "{{.ID}}\t{{.Image}}". */
  readonly table: string;
}

/**
 * Writes a listing as docker's `--format` does: "table", "table TEMPLATE" (with header and aligned columns), "json" (one document per
 * line) or a template per line. Throws TEMPLATE_INVALID.
 */
export function renderList(list: List, format = "table"): string {
  const table = /^table(?=\s|$)/.test(format);
  if (!table) {
    const render = compileTemplate(format);
    return list.rows.map((row) => `${render(row)}\n`).join("");
  }
  const template = format.slice("table".length).trim();
  const render = compileTemplate(template === "" ? list.table : template);
  const lines = list.rows.flatMap((row) => render(row).split("\n"));
  const header = render(headerValue(list.headers), HEADER_FUNCTIONS);
  return alignColumns([header, ...lines])
    .map((line) => `${line}\n`)
    .join("");
}

function headerValue(headers: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  // A label's column is titled by the last part of the label's name.
  return { ...headers, Label: (name: unknown) => String(name).split(".").at(-1)?.replace(/[-_]/g, " ") };
}
