interface File {
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  readonly rest: string;
}

/** What differs first between two listings of files: see context/selection.ts for their form. */
export function differenceOfFiles(before: string, after: string): string {
  const [was, is] = differingLines(before, after);
  const [former, now] = [filesOf(was), filesOf(is)];
  for (const [path, file] of now) {
    const other = former.get(path);
    if (other === undefined) return `${path} was added`;
    const change = changeOf(other, file);
    if (change !== undefined) return `${change} of ${path} changed`;
  }
  for (const path of former.keys()) if (!now.has(path)) return `${path} was removed`;
  return "the order of the sources changed";
}

function changeOf(before: File, after: File): string | undefined {
  if (before.type !== after.type) return `the type (${before.type} to ${after.type})`;
  if (before.rest !== after.rest) return after.type === "symlink" ? "the target" : "the content";
  if (before.mode !== after.mode) return `the mode (${before.mode} to ${after.mode})`;
  return before.owner === after.owner ? undefined : `the owner (${before.owner} to ${after.owner})`;
}

/** Without what is equal at both ends, which is nearly all of what a tree has thousands of. */
function differingLines(before: string, after: string): readonly [readonly string[], readonly string[]] {
  const [former, now] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < now.length && former[start] === now[start]) start++;
  let end = 0;
  while (end < Math.min(former.length, now.length) - start && former.at(-1 - end) === now.at(-1 - end)) end++;
  return [former.slice(start, former.length - end), now.slice(start, now.length - end)];
}

function filesOf(lines: readonly string[]): ReadonlyMap<string, File> {
  return new Map(
    lines
      .filter((line) => line !== "" && line !== "/\0dir")
      .map((line) => {
        const [path = "", attributes = ""] = line.split("\0");
        const [type = "", mode = "", owner = "", ...rest] = attributes.split("\t");
        return [path, { type, mode, owner, rest: rest.join("\t") }];
      }),
  );
}
