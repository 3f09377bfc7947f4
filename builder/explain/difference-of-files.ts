interface File {
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  readonly rest: string;
}

/** What differs first between two listings of files: see context/selection.ts for their form. */
export function differenceOfFiles(before: string, after: string): string {
  const [former, now] = [filesOf(before), filesOf(after)];
  for (const [path, file] of now) {
    const was = former.get(path);
    if (was === undefined) return `${path} was added`;
    const change = changeOf(was, file);
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

function filesOf(listing: string): ReadonlyMap<string, File> {
  return new Map(
    listing
      .split("\n")
      .filter((line) => line !== "" && line !== "/\0dir")
      .map((line) => {
        const [path = "", attributes = ""] = line.split("\0");
        const [type = "", mode = "", owner = "", ...rest] = attributes.split("\t");
        return [path, { type, mode, owner, rest: rest.join("\t") }];
      }),
  );
}
