import { posix } from "node:path";
import { Failure } from "../../../core/errors.ts";
import type { LazyList } from "../../../core/lazy-list.ts";
import type { FileStat, LayerEntry, Tree } from "../../../store/types.ts";
import { attributesOf } from "../../context/fingerprint.ts";
import type { Selected, SelectedEntry } from "../../context/selected.ts";
import type { ModeChange } from "./file-mode.ts";
import { type Placed, TargetTree } from "./target-tree.ts";

export interface PlacementOptions {
  /** Absolute; a "/" at its end makes it a directory. */
  readonly target: string;
  /** Where sources are; asked for the attributes of what is no file. */
  readonly sources?: Tree;
  /** Owner of everything placed and of every directory made; without it sources keep theirs and directories are root's. */
  readonly owner?: Owner;
  readonly mode?: ModeChange;
  /** Mode of parent directories that have to be made, when --chmod says one for them. */
  readonly parentMode?: number;
  /** Time of directories made, in seconds since the epoch. */
  readonly now: number;
  /** Newer times are set to this one, in seconds since the epoch. */
  readonly clampMtime?: number;
}
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const DIRECTORY_MODE = 0o755;
const NANOSECONDS = 1_000_000_000n;

/**
 * Puts the sources of one COPY or ADD into a root filesystem, as a table of layer entries; nothing is written.
 * The rules are those of BuildKit's file operation: a directory's content is copied, not the directory; directories met below
 * the target take the source's metadata, the target itself keeps its own.
 */
export class Placement {
  readonly #tree: TargetTree;
  readonly #options: PlacementOptions;
  #sources = 0;
  /** The target directory, once it has a source's time. */
  #touched: string | undefined;

  constructor(base: Tree | undefined, options: PlacementOptions) {
    this.#tree = new TargetTree(base);
    // ".." takes back what is written before it, not what a link there leads to.
    this.#options = { ...options, target: cleanTarget(options.target) };
  }

  /** Throws COPY_TARGET_INVALID where a file would have to replace a directory or the other way round. */
  async place(source: Selected): Promise<void> {
    const number = ++this.#sources;
    const { target } = this.#options;
    this.#makeDirectories(this.#tree.resolve(target.endsWith("/") ? target : posix.dirname(target)));
    const found = this.#tree.resolve(target);
    const existing = this.#tree.lookup(found);
    if (source.self.stat.type === "dir") {
      if (existing === undefined) this.#makeDirectories(found);
      else if (existing.type !== "dir") throw invalid(found, "cannot copy to non-directory");
      this.#touch(found, source.self);
      // Nothing can be in the way below a directory that was not there.
      if (existing === undefined)
        this.#tree.putNew(source.below.map((entry) => this.#placed(`${found}/${entry.path}`, entry, number)));
      else await this.#placeBelow(found, source.below, refuseConflicts);
    } else {
      const path = existing?.type === "dir" ? posix.join(found, source.name) : found;
      // A link to nowhere may have led to a place whose directory is missing.
      this.#makeDirectories(posix.dirname(path));
      refuseConflicts(path, source.self.stat.type, this.#tree.lookup(path)?.type);
      this.#put(path, source.self);
      if (this.#touched === posix.dirname(path))
        this.#touch(this.#touched, { ...source.self, timeless: true });
    }
  }

  /** Puts an unpacked archive at the target, which is always a directory; what is in the way of an entry is replaced, as tar does. */
  async placeArchive(below: LazyList<SelectedEntry>): Promise<void> {
    this.#sources++;
    const found = this.#tree.resolve(this.#options.target);
    this.#makeDirectories(found);
    await this.#placeBelow(found, below, () => undefined);
  }

  /** Makes the target directory and its parents where they are missing. */
  makeTarget(): void {
    this.#makeDirectories(this.#tree.resolve(this.#options.target));
  }

  /** What is placed. Its elements ask the sources for what they need, and throw COPY_TARGET_INVALID, when they are made. */
  entries(): LazyList<LayerEntry> {
    return this.#tree.entries();
  }

  async #placeBelow(target: string, below: LazyList<SelectedEntry>, check: Check): Promise<void> {
    const prefix = posix.join(target, "/");
    const files = below.filter(({ stat }) => stat.type !== "dir");
    await this.#tree.prefetch(files.map(({ path }) => prefix + path));
    for (const entry of below) {
      const path = prefix + entry.path;
      check(path, entry.stat.type, this.#tree.lookup(path)?.type);
      this.#put(path, entry);
    }
  }

  #put(at: string, source: SelectedEntry): void {
    const { path, entry, inode } = this.#placed(at, source);
    this.#tree.put(path, entry, inode);
  }

  #placed(path: string, source: SelectedEntry, sources = this.#sources): Placed {
    const { stat } = source;
    // OCI image-spec, layer.md#whiteouts: such a file would delete another one when the layer is applied.
    if (path.startsWith(".wh.", path.lastIndexOf("/") + 1))
      throw invalid(path, "a layer cannot hold a name that begins with .wh.");
    // Hard links hold together within one source, as they do within one copy of BuildKit's.
    const shared = stat.nlink > 1 && stat.type !== "dir";
    const inode = shared ? `${sources}:${stat.dev}:${stat.ino}` : undefined;
    return { path, entry: this.#entryOf(path.slice(1), source), inode };
  }

  #entryOf(path: string, entry: SelectedEntry): LayerEntry {
    const { stat, source, data, owner: ownOwner = stat } = entry;
    const { owner = ownOwner, mode: change, sources } = this.#options;
    const { uid, gid } = owner;
    const mode = change === undefined || stat.type === "symlink" ? stat.mode : change(stat.mode, stat.type);
    const mtime = this.#timeOf(entry);
    // Most entries are files, and there may be very many: no copies of objects for them.
    if (stat.type === "file" && data === undefined)
      return { path, mode, uid, gid, mtime, type: "file", size: stat.size, source };
    const common = { path, mode, uid, gid, mtime };
    if (stat.type === "symlink") return { ...common, type: "symlink", link: stat.link ?? "" };
    // A socket without its listener means nothing; BuildKit leaves an empty file too.
    const content = stat.type === "socket" ? Buffer.alloc(0) : data;
    if (content !== undefined) return { ...common, type: "file", size: content.length, data: content };
    const xattrs = sources === undefined ? undefined : attributesOf(sources, source);
    return { ...common, ...(xattrs === undefined ? {} : { xattrs }), ...specialOf(stat) };
  }

  #makeDirectories(path: string): void {
    const { owner, parentMode, now } = this.#options;
    let at = "/";
    for (const name of path.split("/").filter((part) => part !== "")) {
      at = posix.join(at, name);
      const existing = this.#tree.lookup(at);
      if (existing?.type === "dir") continue;
      if (existing !== undefined) throw invalid(at, "not a directory");
      const { uid, gid } = owner ?? { uid: 0, gid: 0 };
      const mode = parentMode ?? DIRECTORY_MODE;
      this.#tree.put(at, { path: at.slice(1), type: "dir", mode, uid, gid, mtime: this.#clamped(now) });
    }
  }

  /** The target directory keeps everything but its time, which becomes the source's, until a file comes into it. */
  #touch(path: string, source: SelectedEntry): void {
    const entry = path === "/" ? undefined : this.#tree.directory(path);
    if (entry === undefined) return;
    this.#tree.put(path, { ...entry, mtime: this.#timeOf(source) });
    this.#touched = path;
  }

  #timeOf({ stat, timeless = false }: Pick<SelectedEntry, "stat" | "timeless">): number {
    return this.#clamped(timeless ? this.#options.now : Number(stat.mtimeNs / NANOSECONDS));
  }

  #clamped(seconds: number): number {
    return Math.min(seconds, this.#options.clampMtime ?? seconds);
  }
}

function cleanTarget(target: string): string {
  const clean = posix.join("/", target);
  return target.endsWith("/.") && clean !== "/" ? `${clean}/` : clean;
}

type Check = (path: string, type: FileStat["type"], existing: FileStat["type"] | undefined) => void;

const refuseConflicts: Check = (path, type, existing) => {
  if (existing === undefined) return;
  if (type === "dir" && existing !== "dir") throw invalid(path, "cannot copy to non-directory");
  if (type !== "dir" && existing === "dir") throw invalid(path, "cannot replace a directory with a file");
};

const invalid = (path: string, why: string): Failure => new Failure("COPY_TARGET_INVALID", { path, why });

function specialOf({ type, rdevMajor: major, rdevMinor: minor }: FileStat) {
  if (type === "char" || type === "block") return { type, major, minor } as const;
  return { type: type === "fifo" ? "fifo" : "dir" } as const;
}
