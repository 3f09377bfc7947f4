import type { Definition } from "./definition.ts";
import { toJson } from "./hcl/values.ts";
import type { Program } from "./program.ts";

/** A listing, as a table and as JSON. */
export interface Listed {
  table(): string;
  json(): string;
}

/** `--list=targets`: groups and targets by name. */
export function listTargets({ groups, targets }: Definition): Listed {
  const rows = new Map<string, string>();
  for (const { name, targets: members } of groups) rows.set(name, members.join(", "));
  for (const { name, target } of targets) rows.set(name, target.description ?? rows.get(name) ?? "");
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    table: () => table(["TARGET", "DESCRIPTION"], sorted),
    json: () =>
      JSON.stringify(
        sorted.map(([name, description]) => ({ name, description })),
        undefined,
        2,
      ),
  };
}

/** `--list=variables`: with their values. */
export function listVariables(program: Program): Listed {
  const variables = [...program.variables()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = variables.map(({ name, value, description }) => [
    name,
    typeof value === "string" ? value : toJson(value),
    description,
  ]);
  return {
    table: () => table(["VARIABLE", "VALUE", "DESCRIPTION"], rows),
    json: () => JSON.stringify(variables, undefined, 2),
  };
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [titles, ...rows];
  const widths = titles.map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}
