import type { LayerEntry, ScanEntry } from "../../native/kernel.ts";
import type { Tree } from "../types.ts";

export interface TouchedTree {
  /** Everything below the root, sorted by path. */
  readonly all: readonly ScanEntry[];
  /** Those that are new or changed. */
  readonly touched: readonly ScanEntry[];
  /** Whether a path was there before. */
  readonly existed: (path: string) => boolean;
  /** Paths that were there and are not. */
  readonly gone: readonly string[];
  readonly exclude: readonly string[];
  readonly clampMtime?: number;
}

/** The entries of a layer that makes these changes; directories above a change are listed as they are. */
export function layerEntries(tree: Tree, content: TouchedTree): readonly LayerEntry[] {
  const { all, clampMtime = Number.POSITIVE_INFINITY } = content;
  const isExcluded = (path: string): boolean =>
    content.exclude.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  const known = new Map(all.map((entry) => [entry.path, entry]));
  const wanted = new Set<string>();
  const whiteouts: string[] = [];
  const want = (path: string): void => {
    for (let at = path; at !== "" && !wanted.has(at); at = parentOf(at)) wanted.add(at);
  };
  for (const { path, stat } of content.touched)
    if (!isExcluded(path) && stat.type !== "socket" && !isBareParent(path, stat, content)) want(path);
  for (const path of content.gone) {
    const parent = parentOf(path);
    if (isExcluded(path) || (parent !== "" && known.get(parent)?.stat.type !== "dir")) continue;
    whiteouts.push(path);
    want(parent);
  }
  const links = new Map<bigint, string>();
  const entries = all
    .filter(({ path }) => wanted.has(path))
    .map((entry) => toLayerEntry(tree, entry, { links, clampMtime }));
  const plain = { mode: 0, uid: 0, gid: 0, mtime: 0 };
  return [...entries, ...whiteouts.map((path) => ({ type: "whiteout", path, ...plain }) as const)];
}

/** A directory that was there and only changed because an excluded entry was made in it. */
function isBareParent(path: string, stat: ScanEntry["stat"], content: TouchedTree): boolean {
  if (stat.type !== "dir" || !content.existed(path)) return false;
  return content.exclude.some((excluded) => parentOf(excluded) === path);
}

const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("/"), 0));

export interface Conversion {
  /** First name, in the tar, of each file that has several. */
  readonly links: Map<bigint, string>;
  readonly clampMtime?: number;
  /** The entry's name in the tar where it is not its path. */
  readonly as?: string;
}

/** What a file of `tree` is in a tar; not for sockets. */
export function toLayerEntry(
  tree: Tree,
  { path, stat }: ScanEntry,
  { links, clampMtime = Number.POSITIVE_INFINITY, as = path }: Conversion,
): LayerEntry {
  const common = {
    path: as,
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    mtime: Math.min(Number(stat.mtimeNs / 1_000_000_000n), clampMtime),
  };
  const first = stat.type === "dir" || stat.nlink < 2 ? undefined : links.get(stat.ino);
  if (first !== undefined) return { ...common, type: "hardlink", link: first };
  if (stat.type !== "dir" && stat.nlink > 1) links.set(stat.ino, as);
  switch (stat.type) {
    case "symlink":
      return { ...common, type: "symlink", link: stat.link ?? "" };
    case "char":
    case "block":
      return { ...common, type: stat.type, major: stat.rdevMajor, minor: stat.rdevMinor };
    case "fifo":
    case "dir":
      return { ...common, type: stat.type, xattrs: tree.xattrs(path) };
    case "file":
      return { ...common, type: "file", size: stat.size, source: path, xattrs: tree.xattrs(path) };
    case "socket":
      throw new TypeError(`a socket has no place in a layer: ${path}`);
  }
}
