import type { Entry, Tree } from "./image-facts.ts";

/** Things that at least so many of the trees on one base have are the base's. */
const MOST = 0.7;
/** Directories that the engine's containers leave in images that have none. */
const MOUNT_POINTS = ["/proc", "/sys", "/dev"];

/** What trees on the same base have in common; see `added`. */
export type Base = ReadonlySet<string>;

export function commonBase(trees: readonly Tree[]): Base {
  const counts = new Map<string, number>();
  for (const tree of trees)
    for (const [path, entry] of tree) {
      const key = keyOf(path, entry);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  return new Set([...counts].filter(([, count]) => count >= trees.length * MOST).map(([key]) => key));
}

/** What a tree has that its base has not. */
export const added = (tree: Tree, base: Base): Tree =>
  new Map([...tree].filter(([path, entry]) => !base.has(keyOf(path, entry)) && !MOUNT_POINTS.includes(path)));

/** Directories of a base in which a build changes something have other times in different engines. */
const keyOf = (path: string, { time: _, ...entry }: Entry): string => JSON.stringify([path, entry]);
