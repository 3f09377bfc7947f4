import type { BuildOutline, BuildTargets, OutlineMount } from "./build-answers.ts";

type Row = readonly [cell: string, ...cells: string[]];

/** An outline as buildx prints it: a table for each kind of parameter, an empty line after each. */
export function outlineText({
  name = "",
  description = "",
  args = [],
  secrets = [],
  ssh = [],
}: BuildOutline): string {
  const head: readonly Row[] = [
    ...(name === "" ? [] : [["TARGET:", name] as const]),
    ...(description === "" ? [] : [["DESCRIPTION:", description] as const]),
  ];
  const given = args.map((arg): Row => [arg.name, arg.value ?? "", arg.description ?? ""]);
  return [
    aligned(head, 1),
    table(["BUILD ARG", "VALUE", "DESCRIPTION"], given),
    table(["SECRET", "REQUIRED"], secrets.map(mountRow)),
    table(["SSH", "REQUIRED"], ssh.map(mountRow)),
  ]
    .filter((text) => text !== "")
    .map((text) => `${text}\n`)
    .join("");
}

/** A list of targets as buildx prints it. */
export function targetsText({ targets }: BuildTargets): string {
  const rows = targets.map(({ name = "", default: isDefault, description = "" }): Row => {
    const mark = isDefault === true ? ["(default)"] : [];
    return [[...(name === "" ? [] : [name]), ...mark].join(" "), description];
  });
  return aligned([["TARGET", "DESCRIPTION"], ...rows], 1);
}

/** What can be asked, as buildx prints it. */
export function subrequestsText(
  all: readonly { readonly name: string; readonly version: string; readonly description: string }[],
): string {
  const rows = all.map(
    ({ name, version, description }): Row => [name.replace(/^frontend\./, ""), version, description],
  );
  return aligned([["NAME", "VERSION", "DESCRIPTION"], ...rows], 1);
}

const mountRow = ({ name, required }: OutlineMount): Row => [name, required === true ? "true" : ""];

const table = (columns: Row, rows: readonly Row[]): string =>
  rows.length === 0 ? "" : aligned([columns, ...rows], 3);

/** All cells but the last of each row get the width of their column and so many spaces. */
function aligned(rows: readonly Row[], padding: number): string {
  const cells = rows.map((row) => row.map((cell) => cell.replace(/[\t\n]/g, " ")));
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from(
    { length: columns },
    (_, column) => padding + Math.max(...cells.map((row) => widthOf(row[column] ?? ""))),
  );
  const padded = (cell: string, column: number, row: readonly string[]): string =>
    column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - widthOf(cell));
  return cells.map((row) => `${row.map(padded).join("")}\n`).join("");
}

/** In code points, as Go counts. */
const widthOf = (text: string): number => Array.from(text).length;
