import type { SourceLine } from "../events.ts";

/** Lines of the Dockerfile shown on either side of the step. */
const AROUND = 2;

/** The lines of a step with a few around them, numbered, the step's own marked. */
export function excerpt(source: string, { line, endLine }: Pick<SourceLine, "line" | "endLine">): string {
  const lines = source.replace(/\r?\n$/, "").split(/\r?\n/);
  const first = Math.max(1, line - AROUND);
  const last = Math.min(lines.length, endLine + AROUND);
  const width = String(last).length;
  const shown = lines.slice(first - 1, last).map((text, i) => {
    const number = first + i;
    const mark = number >= line && number <= endLine ? ">>>" : "   ";
    return `${String(number).padStart(width + 1)} | ${mark} ${text}`.trimEnd();
  });
  return shown.join("\n");
}
