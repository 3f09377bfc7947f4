import { posix } from "node:path";
import { Failure } from "../../../core/errors.ts";
import { LazyList } from "../../../core/lazy-list.ts";
import type { FileStat, LayerEntry, Tree } from "../../../store/types.ts";

/** What is at a path: the part of an lstat that placing files asks for. */
export interface Node {
  readonly type: FileStat["type"];
  readonly link?: string;
}

/** An entry at a path, which is the entry's with a "/" before it; names of one file share an `inode`. */
export interface Placed {
  readonly path: string;
  readonly entry: LayerEntry;
  readonly inode?: string | undefined;
}

/** Links followed before a path counts as a loop, as the kernel's ELOOP limit multiplied for bind-mount farms: Go's and BuildKit's number. */
const MAX_LINKS = 255;

/**
 * A root filesystem with the changes of one COPY on top: later sources of an instruction see what earlier ones placed.
 * Paths are absolute and clean. `base` is undefined for an empty root filesystem.
 */
export class TargetTree {
  readonly #base: Tree | undefined;
  readonly #placed = new Map<string, LayerEntry>();
  /** What was placed last, while nobody asks what is there: mostly it is all that there will be. */
  #pending: LazyList<Placed> | undefined;
  /** By path, of files with several names, which share it. */
  readonly #inodes = new Map<string, string>();
  readonly #known = new Map<string, FileStat | undefined>();
  /** The last directory that was asked for, and whether the base has it. */
  #parent: { readonly path: string; readonly isThere: boolean } | undefined;
  /** Directories of the base that something else took the place of. */
  readonly #hidden = new Set<string>();

  constructor(base: Tree | undefined) {
    this.#base = base;
  }

  /** Asks the base about many paths in one call, so that lookups need not go to the kernel one by one. */
  async prefetch(paths: Iterable<string>): Promise<void> {
    if (this.#base === undefined) return;
    const unknown: string[] = [];
    for (const path of paths) if (!this.#known.has(path) && this.#mayExist(path)) unknown.push(path);
    if (unknown.length === 0) return;
    const stats = await this.#base.statMany(unknown);
    for (const [i, path] of unknown.entries()) this.#known.set(path, stats.at(i));
  }

  /** lstat: the last component is not followed. */
  lookup(path: string): Node | undefined {
    if (path === "/") return { type: "dir" };
    this.#settle();
    return nodeOf(this.#placed.get(path)) ?? this.inBase(path);
  }

  /** What the base has at `path`, unless a change hides it. */
  inBase(path: string): FileStat | undefined {
    if (this.#base === undefined || this.#isHidden(path) || !this.#mayExist(path)) return undefined;
    if (!this.#known.has(path)) this.#known.set(path, this.#base.stat(path));
    return this.#known.get(path);
  }

  /** Follows every link of `path` inside the root, the last component's too; missing components stay as they are. */
  resolve(path: string): string {
    const rest = path.split("/").reverse();
    let at = "/";
    for (let links = 0; rest.length > 0; ) {
      const name = rest.pop();
      if (name === undefined || name === "" || name === ".") continue;
      const next = posix.join(at, name);
      const node = name === ".." ? undefined : this.lookup(next);
      if (node?.link === undefined) {
        at = next;
        continue;
      }
      if (++links > MAX_LINKS) throw new Failure("COPY_TARGET_INVALID", { path, why: "too many links" });
      if (node.link.startsWith("/")) at = "/";
      rest.push(...node.link.split("/").reverse());
    }
    return at;
  }

  /** `path` is the entry's with a "/" before it; names of one file share an `inode`. */
  put(path: string, entry: LayerEntry, inode?: string): void {
    this.#settle();
    if (entry.type !== "dir" && this.inBase(path)?.type === "dir") {
      this.#hidden.add(path);
      this.#parent = undefined;
    }
    this.#place({ path, entry, inode });
  }

  /** put() for many at once, below a directory that neither the base nor an earlier change has anything in. */
  putNew(entries: LazyList<Placed>): void {
    this.#settle();
    this.#pending = entries;
  }

  /** Everything placed, and the directories above it with the metadata they have in the base, which is asked now. */
  entries(): LazyList<LayerEntry> {
    const all: LayerEntry[] = [];
    const linked = linkNames();
    const parents = new Set<string>();
    for (const [path, entry] of this.#placed) {
      all.push(linked({ path, entry, inode: this.#inodes.get(path) }));
      for (let dir = parentOf(path); dir !== "" && !parents.has(dir); dir = parentOf(dir)) {
        parents.add(dir);
        const parent = this.#placed.has(dir) ? undefined : this.#directoryOfBase(dir);
        if (parent !== undefined) all.push(parent);
      }
    }
    for (const path of this.#hidden) if (this.#placed.get(path)?.type === "dir") all.push(opaqueEntry(path));
    return LazyList.join([all, this.#pending?.map(linked) ?? []]);
  }

  /** The directory at `path` as a layer entry that changes nothing. */
  directory(path: string): LayerEntry | undefined {
    this.#settle();
    return this.#placed.get(path) ?? this.#directoryOfBase(path);
  }

  #directoryOfBase(path: string): LayerEntry | undefined {
    const stat = this.inBase(path);
    if (stat === undefined || this.#base === undefined) return undefined;
    const { mode, uid, gid } = stat;
    const mtime = Number(stat.mtimeNs / 1_000_000_000n);
    const xattrs = this.#base.xattrs(path);
    const more = xattrs.size > 0 ? { xattrs } : {};
    return { path: path.slice(1), type: "dir", mode, uid, gid, mtime, ...more };
  }

  #place({ path, entry, inode }: Placed): void {
    this.#placed.set(path, entry);
    if (inode === undefined) this.#inodes.delete(path);
    else this.#inodes.set(path, inode);
  }

  #settle(): void {
    for (const placed of this.#pending ?? []) this.#place(placed);
    this.#pending = undefined;
  }

  #mayExist(path: string): boolean {
    const parent = parentOf(path);
    // Paths come in the order of a walk: most have the parent of the one before.
    if (parent !== this.#parent?.path)
      this.#parent = { path: parent, isThere: parent === "" || this.inBase(parent)?.type === "dir" };
    return this.#parent.isThere;
  }

  #isHidden(path: string): boolean {
    if (this.#hidden.size === 0) return false;
    for (let at = path; at !== "/"; at = posix.dirname(at)) if (this.#hidden.has(at)) return true;
    return false;
  }
}

/** Of an absolute path; "" is the root. */
const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

/** Makes each entry a link to the first that had its inode. */
function linkNames(): (placed: Placed) => LayerEntry {
  const firstNames = new Map<string, string>();
  return ({ entry, inode }) => {
    if (inode === undefined) return entry;
    const first = firstNames.get(inode) ?? entry.path;
    firstNames.set(inode, first);
    return first === entry.path ? entry : { ...entry, type: "hardlink", link: first };
  };
}

const opaqueEntry = (path: string): LayerEntry => ({
  path: path.slice(1),
  type: "opaque",
  mode: 0,
  uid: 0,
  gid: 0,
  mtime: 0,
});

function nodeOf(entry: LayerEntry | undefined): Node | undefined {
  if (entry === undefined || entry.type === "whiteout" || entry.type === "opaque") return undefined;
  if (entry.type === "hardlink") return { type: "file" };
  return entry.type === "symlink" ? { type: "symlink", link: entry.link } : { type: entry.type };
}
