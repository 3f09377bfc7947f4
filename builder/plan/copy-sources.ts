import { posix } from "node:path";
import type { Source } from "../context/source-root.ts";
import type { CopyStep as ResolvedCopy } from "../dockerfile/resolved.ts";

/** What a COPY or ADD takes from one place. */
export function sourcesOf({ instruction, sources }: ResolvedCopy): readonly Source[] {
  const keepsParents = instruction.kind === "COPY" && instruction.parents;
  return keepsParents ? instruction.sources.map(sourceWithParents) : sources.map((path) => ({ path }));
}

/** "x/./y" takes "y" of "x"; without a "/./", all of it is taken of the root. */
function sourceWithParents(source: string): Source {
  const pivot = source.indexOf("/./");
  const [path, below] =
    pivot === -1 ? ["", source] : [source.slice(0, pivot), source.slice(pivot + "/./".length)];
  return { path: posix.join("/", path), below: posix.join("/", below).slice(1) };
}
