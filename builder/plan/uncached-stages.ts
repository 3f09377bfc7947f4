import type { ParsedDockerfile } from "../dockerfile/ast.ts";

/**
 * The positions of the stages that `--no-cache-filter` names, in any letter case. A stage without a name is called "stage-<position>", as
 * progress shows it. Names of no stage are warned of.
 */
export function uncachedStages(
  names: readonly string[],
  { nodes }: Pick<ParsedDockerfile, "nodes">,
  warn: (message: string) => void,
): ReadonlySet<number> {
  const stages = nodes
    .filter(({ keyword }) => keyword.toUpperCase() === "FROM")
    .map(({ args: [, , name] }, index) => (name ?? `stage-${index}`).toLowerCase());
  const found = names.map((name) => {
    const index = stages.indexOf(name.toLowerCase());
    if (index === -1) warn(`no stage is called ${JSON.stringify(name)}: --no-cache-filter leaves it out`);
    return index;
  });
  return new Set(found.filter((index) => index !== -1));
}
