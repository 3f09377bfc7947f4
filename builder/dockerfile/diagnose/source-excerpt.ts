import type { LineRange } from "../ast.ts";

/** A piece of one line: columns from 0, `end` not included. */
export interface Span {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}
export interface ExcerptOptions {
  readonly file: string;
  readonly lines: LineRange;
  /** Marked below its line. */
  readonly span?: Span;
}

const RULE = "--------------------";
/** Lines shown around: four in all around a single line, two around several. */
const AROUND = { one: 4, several: 2 } as const;

/**
 * The lines a message is about, numbered and marked, between others, as BuildKit frames them. "" when the text has no such lines.
 *
 *     Dockerfile:2
 *     --------------------
 *        1 |     FROM alpine
 *        2 | >>> RUNN true
 *          |     ^^^^
 *     --------------------
 */
export function sourceExcerpt(text: string, { file, lines: { first, last }, span }: ExcerptOptions): string {
  const lines = text.split(/\r?\n/);
  if (first < 1 || first > lines.length) return "";
  const end = Math.min(Math.max(first, last), lines.length);
  const shown = around({ first, last: end }, lines.length);
  const body = lines.slice(shown.first - 1, shown.last).flatMap((line, i) => {
    const number = shown.first + i;
    const mark = number >= first && number <= end ? ">>>" : "   ";
    const row = ` ${String(number).padStart(3)} | ${mark} ${line}`.trimEnd();
    return span?.line === number ? [row, `     |     ${underline(line, span)}`] : [row];
  });
  return [`${file}:${first}`, RULE, ...body, RULE].join("\n");
}

function around({ first, last }: LineRange, count: number): LineRange {
  const wanted = first === last ? AROUND.one : AROUND.several;
  let shown = { first, last };
  // At the edge of the text a side that has no line counts once too: that is how wide BuildKit's frames are.
  for (let added = 0; added < wanted; ) {
    const above = shown.first > 1 ? 1 : 0;
    const below = shown.last < count ? 1 : 0;
    shown = { first: shown.first - above, last: shown.last + below };
    added += above + below + 1;
  }
  return shown;
}

/** Tabs stay tabs, so that the marks stand where the terminal shows the text. */
const underline = (line: string, { start, end }: Span): string =>
  line.slice(0, start).replace(/[^\t]/g, " ") + "^".repeat(Math.max(1, end - start));
