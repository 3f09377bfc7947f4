import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Digest } from "../../core/digest.ts";
import { mapLimited } from "../../core/map-limited.ts";
import type { Mount } from "../../core/mount.ts";
import type { FileStat, Kernel, ScanEntry, WrittenLayer } from "../../native/kernel.ts";
import type { ContentStore } from "../content-store.ts";
import type { Paths } from "../paths.ts";
import type { Change, CommitOptions, PrepareOptions } from "../snapshotter.ts";
import type { Trees } from "../types.ts";
import { compareTrees } from "./compare-trees.ts";
import type { DerivedTrees } from "./derived-trees.ts";
import { relativePath, usageOf } from "./driver-tools.ts";
import type { SnapshotDriver, Stacked } from "./snapshot-driver.ts";

/**
 * Features by which an upper directory would mean something only together with the layers it was made over, whatever this kernel's
 * defaults are: a layer must stand for itself. https://docs.kernel.org/filesystems/overlayfs.html
 */
const PLAIN = ["index=off", "redirect_dir=off", "metacopy=off"] as const;

/** Each unpacking is a thread that mostly writes. */
const UNPACK_LIMIT = 4;

export interface DriverParts {
  readonly paths: Paths;
  readonly content: ContentStore;
  readonly derived: DerivedTrees;
  readonly trees: Trees;
  readonly kernel: Kernel;
}

/** Each layer unpacked once into layers/<hex>/fs, stacked by overlayfs; a snapshot is an upper directory. */
export class Overlay2 implements SnapshotDriver {
  readonly name = "overlay2";
  readonly #parts: DriverParts;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  async create(folder: string, layers: readonly Digest[], options: PrepareOptions): Promise<void> {
    const [top] = await this.#lowers(layers, options.signal);
    const upper = join(folder, "upper");
    mkdirSync(upper);
    mkdirSync(join(folder, "work"));
    if (options.volatile === true) writeFileSync(join(folder, "volatile"), "");
    // The root directory of the whole is the upper one, so it takes over what the layers say.
    const root = statSync(top);
    chownSync(upper, root.uid, root.gid);
    chmodSync(upper, root.mode & 0o7777);
  }

  /** Unpacked layers, the topmost first. Stacking a directory twice is refused (ELOOP); a layer's lower occurrence changes nothing. */
  async #lowers(layers: readonly Digest[], signal?: AbortSignal): Promise<readonly [string, ...string[]]> {
    const unique = [...new Set(layers.toReversed())];
    const [top, ...rest] = await mapLimited(unique, UNPACK_LIMIT, (diffId) => this.#unpacked(diffId, signal));
    return top === undefined ? [this.#parts.paths.emptyLayer] : [top, ...rest];
  }

  #unpacked(diffId: Digest, signal?: AbortSignal): Promise<string> {
    const { derived, content, kernel } = this.#parts;
    const make = async (target: string): Promise<void> => {
      const tar = openSync(content.path(diffId), constants.O_RDONLY);
      try {
        await kernel.unpackLayer(tar, target, { whiteouts: "overlay" });
      } finally {
        closeSync(tar);
      }
    };
    return derived.ensure(diffId, [diffId], make, signal);
  }

  async mounts(folder: string, layers: readonly Digest[]): Promise<readonly Mount[]> {
    const lowers = await this.#lowers(layers);
    const work = join(folder, "work");
    const isVolatile = existsSync(join(folder, "volatile"));
    // Left by every volatile mount, to stop the next one after a crash; here nothing is trusted after one.
    if (isVolatile) rmSync(join(work, "work", "incompat"), { recursive: true, force: true });
    return [
      {
        type: "overlay",
        source: "overlay",
        options: [
          ...lowers.map((path) => `lowerdir+=${path}`),
          `upperdir=${join(folder, "upper")}`,
          `workdir=${work}`,
          ...PLAIN,
          ...(isVolatile ? ["volatile"] : []),
        ],
      },
    ];
  }

  async view(layers: readonly Digest[], signal?: AbortSignal): Promise<readonly Mount[]> {
    const lowers = await this.#lowers(layers, signal);
    const [top, ...rest] = lowers;
    if (rest.length === 0) return [{ type: "bind", source: top, options: ["bind", "ro"] }];
    const options = [...lowers.map((path) => `lowerdir+=${path}`), ...PLAIN, "ro"];
    return [{ type: "overlay", source: "overlay", options }];
  }

  write(out: number, { folder }: Stacked, options: CommitOptions): Promise<WrittenLayer> {
    return this.#parts.kernel.writeUpper(out, join(folder, "upper"), upperOptions(options));
  }

  /** An upper directory has the form of an unpacked layer: it takes its place by a rename, and nothing is unpacked. */
  async consume(folder: string, diffId: Digest, options: CommitOptions): Promise<void> {
    const upper = join(folder, "upper");
    await this.#parts.kernel.settleUpper(upper, upperOptions(options));
    await this.#parts.derived.take(diffId, upper);
  }

  async changes({ folder, layers }: Stacked): Promise<readonly Change[]> {
    const { trees, kernel } = this.#parts;
    using upper = await trees.openDirectory(join(folder, "upper"));
    const entries = await upper.scan("/");
    using lower = await trees.open(await this.view(layers));
    const stats = await lower.statMany(entries.map(({ path }) => path));
    const before = new Map<string, FileStat>();
    for (const [i, { path }] of entries.entries()) {
      const stat = stats[i];
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

const upperOptions = ({ clampMtime, exclude = [] }: CommitOptions) => ({
  ...(clampMtime === undefined ? {} : { clampMtime }),
  exclude: exclude.map(relativePath),
});

const isWhiteout = ({ stat }: ScanEntry): boolean =>
  stat.type === "char" && stat.rdevMajor === 0 && stat.rdevMinor === 0;
