/** The fields of one line of comma separated values, RFC 4180. Throws a RangeError. */
export function csvFields(line: string): readonly string[] {
  const fields: string[] = [];
  for (let at = 0; ; ) {
    const { field, end } = line.startsWith('"', at) ? quoted(line, at + 1) : bare(line, at);
    fields.push(field);
    if (end >= line.length) return fields;
    at = end + 1;
  }
}

/** csvFields() the other way, of "key=value" fields; those without a value are left out. */
export const csvText = (values: Readonly<Record<string, string | boolean | undefined>>): string =>
  Object.entries(values)
    .flatMap(([key, value]) => (value === undefined ? [] : [quotedWhereNeeded(`${key}=${value}`)]))
    .join(",");

const quotedWhereNeeded = (field: string): string =>
  /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;

function bare(line: string, start: number): { readonly field: string; readonly end: number } {
  const comma = line.indexOf(",", start);
  const end = comma < 0 ? line.length : comma;
  const field = line.slice(start, end);
  const at = field.indexOf('"');
  if (at >= 0)
    throw new RangeError(`parse error on line 1, column ${start + at + 1}: bare " in non-quoted-field`);
  return { field, end };
}

function quoted(line: string, start: number): { readonly field: string; readonly end: number } {
  let field = "";
  for (let at = start; ; ) {
    const end = line.indexOf('"', at);
    if (end < 0) throw new RangeError(faulty(line.length));
    field += line.slice(at, end);
    const next = line.charAt(end + 1);
    if (next === "" || next === ",") return { field, end: end + 1 };
    if (next !== '"') throw new RangeError(faulty(end));
    field += '"';
    at = end + 2;
  }
}
const faulty = (at: number): string =>
  `parse error on line 1, column ${at + 1}: extraneous or missing " in quoted-field`;
