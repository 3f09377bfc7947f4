import { LazyList } from "../../core/lazy-list.ts";
import { type FileStat, FileTable } from "../../store/types.ts";

/** A thing that a COPY or ADD takes from its source. */
export interface SelectedEntry {
  /** Relative to the source it was found through; "" is that source itself. */
  readonly path: string;
  /** Absolute in the tree it is taken from, without links on the way. */
  readonly source: string;
  readonly stat: FileStat;
  /** Who owns it for the build, if not who its stat says. */
  readonly owner?: Pick<FileStat, "uid" | "gid">;
  /** Content that is in memory instead of at `source`. */
  readonly data?: Buffer;
  /**
   * The time in `stat` says nothing of what was selected, so a copy gets that of the build: the root of all there is to take from, and
   * directories that only lead to what was.
   */
  readonly timeless?: boolean;
}

/** One source of a COPY after wildcards were expanded: a file, or a directory with everything visible below it. */
export interface Selected {
  /** Last component of the source as written: the name a file gets inside a target directory. */
  readonly name: string;
  readonly self: SelectedEntry;
  /** Parents before their children. Empty for anything but a directory. */
  readonly below: LazyList<SelectedEntry>;
  /** The paths and stats of `self` and of what is `below`, for what concerns all of them at once. */
  readonly files: FileTable;
}

/** Every entry, sources before what is below them. */
export const entriesOf = (selected: readonly Selected[]): LazyList<SelectedEntry> =>
  LazyList.join(selected.flatMap(({ self, below }) => [[self], below]));

/** The files of entriesOf(), in its order. */
export const filesOf = (selected: readonly Selected[]): FileTable =>
  FileTable.concat(selected.map(({ files }) => files));
