import type { Tree } from "../../store/types.ts";

/** Which paths of a build context exist for the build. Paths are relative and clean: "a/b". */
export interface Visibility {
  /** True when `path` itself is ignored; what is below it may still be excepted. */
  hides(path: string): boolean;
  /** True when a source of COPY is sure to be hidden. */
  hidesSource(source: string): boolean;
  /** Directories that are hidden with everything below them, known without looking at the context. */
  readonly prune: readonly string[];
  /** What hides `path`, in words for a message: `line 3 of .dockerignore ("*.log")`. */
  reason(path: string): string | undefined;
}

/** A place that COPY takes files from. */
export interface SourceRoot {
  /** As messages name it: "the build context", "stage build". */
  readonly name: string;
  readonly tree: Tree;
  readonly visibility?: Visibility;
  /** Files of the context belong to root, whoever owns them here. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** What a COPY or ADD takes from a source root. */
export interface Sources {
  readonly list: readonly Source[];
  /** --exclude: lines of an ignore file about paths below each source. */
  readonly exclude: readonly string[];
}
export interface Source {
  /** Absolute, a pattern by the rules of Go's filepath.Match. */
  readonly path: string;
  /** --parents: what to take of `path`, as a line of an ignore file says it; it keeps the directories it lies in. */
  readonly below?: string;
}
