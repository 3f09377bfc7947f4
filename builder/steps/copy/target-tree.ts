import { posix } from "node:path";
import { Failure } from "../../../core/errors.ts";
import type { FileStat, LayerEntry, Tree } from "../../../store/types.ts";

/** What is at a path: the part of an lstat that placing files asks for. */
export interface Node {
  readonly type: FileStat["type"];
  readonly link?: string;
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
  /** By path, of files with several names, which share it. */
  readonly #inodes = new Map<string, string>();
  readonly #known = new Map<string, FileStat | undefined>();
  /** Directories of the base that something else took the place of. */
  readonly #hidden = new Set<string>();

  constructor(base: Tree | undefined) {
    this.#base = base;
  }

  /** Asks the base about many paths in one call, so that lookups need not go to the kernel one by one. */
  async prefetch(paths: readonly string[]): Promise<void> {
    if (this.#base === undefined) return;
    const unknown = paths.filter((path) => !this.#known.has(path) && this.#mayExist(path));
    if (unknown.length === 0) return;
    const stats = await this.#base.statMany(unknown);
    unknown.forEach((path, i) => {
      this.#known.set(path, stats[i]);
    });
  }

  /** lstat: the last component is not followed. */
  lookup(path: string): Node | undefined {
    if (path === "/") return { type: "dir" };
    return nodeOf(this.#placed.get(path)) ?? this.inBase(path);
  }

  /** What the base has at `path`, unless a change hides it. */
  inBase(path: string): FileStat | undefined {
    if (this.#base === undefined || this.#isHidden(path)) return undefined;
    if (!this.#known.has(path))
      this.#known.set(path, this.#mayExist(path) ? this.#base.stat(path) : undefined);
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
    if (entry.type !== "dir" && this.inBase(path)?.type === "dir") this.#hidden.add(path);
    this.#placed.set(path, entry);
    if (inode === undefined) this.#inodes.delete(path);
    else this.#inodes.set(path, inode);
  }

  /** Everything placed, and the directories above it with the metadata they have in the base. */
  entries(): readonly LayerEntry[] {
    const all = new Map<string, LayerEntry>();
    const firstNames = new Map<string, string>();
    for (const [path, entry] of this.#placed) {
      const inode = this.#inodes.get(path);
      const first = inode === undefined ? undefined : firstNames.get(inode);
      if (inode !== undefined && first === undefined) firstNames.set(inode, entry.path);
      all.set(path, first === undefined ? entry : { ...entry, type: "hardlink", link: first });
      for (let dir = posix.dirname(path); dir !== "/" && !all.has(dir); dir = posix.dirname(dir)) {
        const parent = this.directory(dir);
        if (parent !== undefined) all.set(dir, parent);
      }
    }
    const opaque = [...this.#hidden].filter((path) => all.get(path)?.type === "dir");
    return [...all.values(), ...opaque.map(opaqueEntry)];
  }

  /** The directory at `path` as a layer entry that changes nothing. */
  directory(path: string): LayerEntry | undefined {
    const placed = this.#placed.get(path);
    if (placed !== undefined) return placed;
    const stat = this.inBase(path);
    if (stat === undefined || this.#base === undefined) return undefined;
    const { mode, uid, gid } = stat;
    const mtime = Number(stat.mtimeNs / 1_000_000_000n);
    const xattrs = this.#base.xattrs(path);
    const more = xattrs.size > 0 ? { xattrs } : {};
    return { path: path.slice(1), type: "dir", mode, uid, gid, mtime, ...more };
  }

  #mayExist(path: string): boolean {
    const parent = posix.dirname(path);
    return parent === "/" || this.inBase(parent)?.type === "dir";
  }

  #isHidden(path: string): boolean {
    if (this.#hidden.size === 0) return false;
    for (let at = path; at !== "/"; at = posix.dirname(at)) if (this.#hidden.has(at)) return true;
    return false;
  }
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
