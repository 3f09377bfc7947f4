import { type Context, write } from "./context.ts";
import { type List, renderList } from "./format/list.ts";

/** A placeholder of `--format`: its column's header, and its text for a row. */
export interface Field<R> {
  readonly header: string;
  readonly value: (row: R) => string;
}

export interface Listing<R> {
  readonly fields: Readonly<Record<string, Field<R>>>;
  /** Placeholders that take an argument, such as Label. */
  readonly methods?: Readonly<Record<string, (row: R, argument: string) => string>>;
  /** Names of the fields of the default table. */
  readonly table: readonly string[];
  /** The field `-q` prints. */
  readonly quiet: string;
}

/** Prints rows as docker's `--format` says: a table (the default), "table TEMPLATE", "json", or a Go template for each row. */
export async function printListing<R>(
  context: Context,
  { fields, methods = {}, table, quiet }: Listing<R>,
  rows: readonly R[],
  options: { readonly format: string | undefined; readonly quiet: boolean },
): Promise<void> {
  const format = options.format || undefined;
  const list: List = {
    rows: rows.map((row) => templateValue(fields, methods, row)),
    headers: Object.fromEntries(Object.entries(fields).map(([name, { header }]) => [name, header])),
    table: table.map((name) => `{{.${name}}}`).join("\t"),
  };
  await write(context.stdout, renderList(list, options.quiet ? (format ?? `{{.${quiet}}}`) : format));
}

function templateValue<R>(fields: Listing<R>["fields"], methods: Listing<R>["methods"], row: R) {
  const values = Object.entries(fields).map(([name, field]) => [name, field.value(row)] as const);
  const calls = Object.entries(methods ?? {}).map(
    ([name, method]) => [name, (argument: string) => method(row, argument)] as const,
  );
  return Object.fromEntries<unknown>([...values, ...calls]);
}

export const FORMAT_FLAG = {
  kind: "string",
  help: [
    "Format output using a custom template:",
    "'table': Print output in table format with column headers (default)",
    "'table TEMPLATE': Print output in table format using the given Go template",
    "'json': Print in JSON format",
    "'TEMPLATE': Print output using the given Go template.",
  ].join("\n"),
} as const;
