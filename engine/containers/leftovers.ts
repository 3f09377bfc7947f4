import { dirname } from "node:path";
import type { Change } from "../../store/snapshotter.ts";

/**
 * The changes without paths that only exist because something was mounted on them, and without directories in which nothing else changed.
 */
export function withoutLeftovers(
  changes: readonly Change[],
  leftovers: readonly string[],
): readonly Change[] {
  const left = new Set(leftovers);
  const others = changes.filter(({ path }) => !left.has(path));
  const touched = new Set(leftovers.map((path) => dirname(path)));
  const parents = new Set(others.map(({ path }) => dirname(path)));
  return others.filter(({ path, kind }) => kind !== "modified" || !touched.has(path) || parents.has(path));
}
