import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../../core/digest.ts";
import { mapLimited } from "../../core/map-limited.ts";
import type { Mount } from "../../core/mount.ts";
import type { FileStat, ScanEntry, WrittenLayer } from "../../native/kernel.ts";
import type {
  Change,
  CommitOptions,
  MountableLayer as Lower,
  PrepareOptions,
  RootStat,
  ViewOptions,
} from "../snapshotter.ts";
import { compareTrees } from "./compare-trees.ts";
import { relativePath, usageOf } from "./driver-tools.ts";
import type { DriverParts, SnapshotDriver, Stacked } from "./snapshot-driver.ts";
import { touchesPath } from "./touches-path.ts";

/**
 * Features by which an upper directory would mean something only together with the layers it was made over, whatever this kernel's
 * defaults are: a layer must stand for itself. https://docs.kernel.org/filesystems/overlayfs.html
 */
const PLAIN = ["index=off", "redirect_dir=off", "metacopy=off"] as const;

/** Each is a thread that mostly reads and writes. */
const PREPARE_LIMIT = 4;

/** How a driver gets the lower directories of its overlays. */
export interface LowerSource {
  readonly name: string;
  /** Makes of the layer what is missing. */
  lower(diffId: Digest, signal?: AbortSignal): Promise<Lower>;
  /** Further options of every overlay. */
  readonly options: readonly string[];
}

/** Layers stacked by overlayfs; a snapshot is an upper directory. */
export class Overlay implements SnapshotDriver {
  readonly #parts: DriverParts;
  readonly #source: LowerSource;

  constructor(parts: DriverParts, source: LowerSource) {
    this.#parts = parts;
    this.#source = source;
  }

  get name(): string {
    return this.#source.name;
  }

  async create(
    folder: string,
    layers: readonly Digest[],
    options: PrepareOptions,
  ): Promise<readonly Mount[]> {
    const lowers = await this.#lowers(layers, options);
    const { uid, gid, mode } = rootStat(lowers[0]);
    const upper = join(folder, "upper");
    mkdirSync(upper);
    mkdirSync(join(folder, "work"));
    if (options.volatile === true) writeFileSync(join(folder, "volatile"), "");
    // The root directory of the whole is the upper one, so it takes over what the layers say.
    chownSync(upper, uid, gid);
    chmodSync(upper, mode & 0o7777);
    return this.#stack(folder, lowers, options.volatile === true);
  }

  /** The topmost first. Stacking a directory twice is refused (ELOOP); a layer's lower occurrence changes nothing. */
  async #lowers(
    layers: readonly Digest[],
    { held = new Map(), signal }: ViewOptions = {},
  ): Promise<readonly [Lower, ...Lower[]]> {
    const unique = [...new Set(layers.toReversed())];
    const unknown = unique.filter((diffId) => !held.has(diffId));
    await mapLimited(unknown, PREPARE_LIMIT, async (diffId) => {
      held.set(diffId, await this.#source.lower(diffId, signal));
    });
    const [top, ...rest] = unique.flatMap((diffId) => held.get(diffId) ?? []);
    return top === undefined ? [{ path: this.#parts.paths.emptyLayer }] : [top, ...rest];
  }

  async mounts(folder: string, layers: readonly Digest[]): Promise<readonly Mount[]> {
    const lowers = await this.#lowers(layers);
    const isVolatile = existsSync(join(folder, "volatile"));
    // Left by every volatile mount, to stop the next one after a crash; here nothing is trusted after one.
    if (isVolatile) rmSync(join(folder, "work", "work", "incompat"), { recursive: true, force: true });
    return this.#stack(folder, lowers, isVolatile);
  }

  #stack(folder: string, lowers: readonly Lower[], isVolatile: boolean): readonly Mount[] {
    return [
      ...mountsOf(lowers),
      {
        type: "overlay",
        source: "overlay",
        options: [
          ...lowers.map(({ path }) => `lowerdir+=${path}`),
          `upperdir=${join(folder, "upper")}`,
          `workdir=${join(folder, "work")}`,
          ...PLAIN,
          ...this.#source.options,
          ...(isVolatile ? ["volatile"] : []),
        ],
      },
    ];
  }

  async view(layers: readonly Digest[], options?: ViewOptions): Promise<readonly Mount[]> {
    const lowers = await this.#lowers(layers, options);
    const [top, ...rest] = lowers;
    if (rest.length === 0) return rootOf(top);
    const stacked = lowers.map(({ path }) => `lowerdir+=${path}`);
    const words = [...stacked, ...PLAIN, ...this.#source.options, "ro"];
    return [...mountsOf(lowers), { type: "overlay", source: "overlay", options: words }];
  }

  async touches(diffId: Digest, paths: readonly string[], options: ViewOptions): Promise<boolean> {
    const { trees, kernel } = this.#parts;
    const [lower] = await this.#lowers([diffId], options);
    using tree = await (lower.mount === undefined
      ? trees.openDirectory(lower.path)
      : trees.open(rootOf(lower)));
    return paths.some((path) => touchesPath(tree, path, kernel));
  }

  /** What will be consumed gets its final form by the thread that has just read it. */
  write(out: number, { folder }: Stacked, options: CommitOptions): Promise<WrittenLayer> {
    return this.#parts.kernel.writeUpper(out, join(folder, "upper"), {
      ...upperOptions(options),
      settle: options.consume === true,
    });
  }

  /** An upper directory has the form of an unpacked layer: it becomes one by a rename, and nothing is made of the layer's tar. */
  async consume(folder: string, diffId: Digest): Promise<void> {
    await this.#parts.derived.take(diffId, join(folder, "upper"));
  }

  async changes({ folder, layers }: Stacked): Promise<readonly Change[]> {
    const { trees, kernel } = this.#parts;
    using upper = await trees.openDirectory(join(folder, "upper"));
    const entries = await upper.scan("/");
    using lower = await trees.open(await this.view(layers));
    const stats = await lower.statMany(entries.map(({ path }) => path));
    const before = new Map<string, FileStat>();
    for (const [i, { path }] of entries.entries()) {
      const stat = stats.at(i);
      if (stat !== undefined) before.set(path, stat);
    }
    for (const { path, stat } of entries) {
      const hides =
        stat.type === "dir" && before.get(path)?.type === "dir" && kernel.isOpaque(upper.fd, path);
      if (!hides) continue;
      for (const below of await lower.scan(path)) before.set(`${path}/${below.path}`, below.stat);
    }
    const kept = entries.filter((entry) => !isWhiteout(entry));
    return compareTrees(before, new Map(kept.map(({ path, stat }) => [path, stat])));
  }

  async usage(folder: string): Promise<{ readonly bytes: number; readonly inodes: number }> {
    using upper = await this.#parts.trees.openDirectory(join(folder, "upper"));
    return usageOf(await upper.scan("/"));
  }
}

/** Detached mounts are found by the name of their target. */
const mountsOf = (lowers: readonly Lower[]): readonly Mount[] =>
  lowers.flatMap(({ mount }) => (mount === undefined ? [] : [mount]));

const rootStat = ({ path, root }: Lower): RootStat => root?.() ?? statSync(path);

/** A root filesystem of one layer. */
function rootOf({ path, mount }: Lower): readonly Mount[] {
  if (mount === undefined) return [{ type: "bind", source: path, options: ["bind", "ro"] }];
  const { target: _, ...root } = mount;
  return [root];
}

const upperOptions = ({ clampMtime, exclude = [] }: CommitOptions) => ({
  ...(clampMtime === undefined ? {} : { clampMtime }),
  exclude: exclude.map(relativePath),
});

const isWhiteout = ({ stat }: ScanEntry): boolean =>
  stat.type === "char" && stat.rdevMajor === 0 && stat.rdevMinor === 0;
