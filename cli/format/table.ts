/** docker's tabwriter settings: a column is three spaces wider than its widest cell, and ten at least. */
const PADDING = 3;
const MIN_WIDTH = 10;
/** Counted in code points, as Go's tabwriter counts. */
const widthOf = (text: string): number => Array.from(text).length;

/**
 * Aligns cells separated by tabs, line by line. A column runs over neighbouring lines that all have it; the last cell of a line is not
 * part of any column and gets no padding. https://pkg.go.dev/text/tabwriter
 */
export function alignColumns(lines: readonly string[]): readonly string[] {
  const rows = lines.map((line) => line.split("\t"));
  const widths = rows.map((): number[] => []);
  const columns = Math.max(0, ...rows.map((row) => row.length - 1));
  for (let column = 0; column < columns; column += 1) {
    let block: number[] = [];
    const close = (): void => {
      const width = Math.max(MIN_WIDTH, ...block.map((i) => widthOf(rows[i]?.[column] ?? "") + PADDING));
      for (const i of block) widths[i]?.push(width);
      block = [];
    };
    for (const [i, row] of rows.entries()) {
      if (column < row.length - 1) block.push(i);
      else close();
    }
    close();
  }
  return rows.map((row, i) =>
    row
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[i]?.[column] ?? 0) - widthOf(cell))))
      .join(""),
  );
}

/** A table with a header line, each line ended by a newline. Tabs and newlines inside a cell become spaces. */
export function formatTable(table: {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}): string {
  const clean = (cells: readonly string[]): string =>
    cells.map((cell) => cell.replace(/[\t\n]/g, " ")).join("\t");
  return alignColumns([table.columns, ...table.rows].map(clean))
    .map((line) => `${line}\n`)
    .join("");
}
