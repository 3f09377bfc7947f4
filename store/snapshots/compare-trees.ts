import type { FileStat } from "../../native/kernel.ts";
import type { Change } from "../snapshotter.ts";

/** What a path was or is, by its path relative to the root. */
export type StatMap = ReadonlyMap<string, FileStat>;

/**
 * The changes from `before` to `after`, in Docker's understanding: a directory's size and times do not count, a file written with the
 * same size and time does not count, what is below a removed directory is not listed, a directory above a change is modified. Both maps
 * may be partial as long as they are so at the same paths.
 */
export function compareTrees(before: StatMap, after: StatMap): readonly Change[] {
  const kinds = new Map<string, Change["kind"]>();
  for (const [path, stat] of after) {
    const old = before.get(path);
    if (old === undefined) kinds.set(path, "added");
    else if (!sameStat(old, stat)) kinds.set(path, "modified");
  }
  for (const path of before.keys()) {
    const isTopmost = parentOf(path) === "" || after.get(parentOf(path))?.type === "dir";
    if (!after.has(path) && isTopmost) kinds.set(path, "deleted");
  }
  for (const path of Array.from(kinds.keys())) markParents(path, kinds);
  return [...kinds]
    .map(([path, kind]) => ({ path: `/${path}`, kind }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function markParents(path: string, kinds: Map<string, Change["kind"]>): void {
  for (let parent = parentOf(path); parent !== "" && !kinds.has(parent); parent = parentOf(parent))
    kinds.set(parent, "modified");
}

const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("/"), 0));

export function sameStat(a: FileStat, b: FileStat): boolean {
  if (a.type !== b.type || a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) return false;
  if (a.type === "dir") return true;
  return (
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.rdevMajor === b.rdevMajor &&
    a.rdevMinor === b.rdevMinor &&
    a.link === b.link
  );
}
