import { formatDuration } from "../core/duration.ts";
import type { Command, Entry } from "./command.ts";
import type { Flag, Flags } from "./flags.ts";

/** How wide help is when standard output is no terminal. */
const DEFAULT_WIDTH = 80;

/** `docker COMMAND --help`'s layout. */
export function commandHelp(program: string, entry: Entry, command: Command, width = DEFAULT_WIDTH): string {
  const sections = [usageOf(program, entry, command), entry.summary];
  if (entry.names.length > 1)
    sections.push(`Aliases:\n  ${entry.names.map((name) => `${program} ${name}`).join(", ")}`);
  if (Object.keys(command.flags).length > 0) sections.push(`Options:\n${flagsHelp(command.flags, width)}`);
  return sections.join("\n\n");
}

/** The name most people type: the short one when there is one. */
export const nameOf = (entry: Entry): string =>
  entry.names.find((name) => !name.includes(" ")) ?? entry.names[0];

export function usageOf(program: string, entry: Entry, command: Command): string {
  const lines = command.usage.split("\n").map((form) => `${program} ${nameOf(entry)} ${form}`.trimEnd());
  return `Usage:  ${lines.join("\n\t")}`;
}

/** A block of "  name  summary" lines, names padded to one column. */
export function listing(rows: readonly (readonly [name: string, summary: string])[]): string {
  const column = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, summary]) => `  ${name.padEnd(column)}  ${summary}`).join("\n");
}

export function flagsHelp(flags: Flags, width = DEFAULT_WIDTH): string {
  const rows = Object.entries(flags)
    .filter(([, flag]) => flag.hidden !== true)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => [flagColumn(name, flag), `${flag.help}${defaultText(flag)}`] as const);
  const column = Math.max(...rows.map(([left]) => left.length)) + 3;
  return rows
    .map(([left, help]) =>
      wrap(help, Math.max(width - column, 24))
        .map((line, index) => `${(index === 0 ? left : "").padEnd(column)}${line}`)
        .join("\n"),
    )
    .join("\n");
}

function flagColumn(name: string, flag: Flag): string {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  const type = flag.type ?? (flag.kind === "bool" ? "" : flag.kind);
  return `  ${short}--${name}${type === "" ? "" : ` ${type}`}`;
}

function defaultText(flag: Flag): string {
  if (flag.kind === "list" || flag.default === undefined || flag.default === false) return "";
  if (flag.kind === "duration") return ` (default ${formatDuration(flag.default)})`;
  return ` (default ${typeof flag.default === "string" ? JSON.stringify(flag.default) : flag.default})`;
}

/** Breaks at spaces; a line that begins with spaces or follows "\n" stays its own. */
function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else {
        line = line === "" ? word : `${line} ${word}`;
      }
    }
    return [...lines, line];
  });
}
