import { chmodSync, closeSync, constants, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Digest, digestOf } from "../../core/digest.ts";
import type { LazyList } from "../../core/lazy-list.ts";
import type { Mount } from "../../core/mount.ts";
import type { FileStat, LayerEntry, ScanEntry, WrittenLayer } from "../../native/kernel.ts";
import type { Change, CommitOptions, PrepareOptions, ViewOptions } from "../snapshotter.ts";
import type { Tree } from "../types.ts";
import { compareTrees, type StatMap } from "./compare-trees.ts";
import { makeTree } from "./derived-trees.ts";
import { relativePath, usageOf } from "./driver-tools.ts";
import { layerEntries } from "./layer-entries.ts";
import type { DriverParts, SnapshotDriver, Stacked } from "./snapshot-driver.ts";

const CLOCK_TICK_MS = 2;

/** Whole copies: works on every filesystem and without any mount but a bind. Slow and large; for hosts without overlayfs. */
export class Vfs implements SnapshotDriver {
  readonly name = "vfs";
  readonly #parts: DriverParts;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  async create(
    folder: string,
    layers: readonly Digest[],
    options: PrepareOptions,
  ): Promise<readonly Mount[]> {
    const base = await this.#stack(layers, options.signal);
    const root = join(folder, "fs");
    await this.#parts.kernel.copyTree(base, root);
    using tree = await this.#parts.trees.openDirectory(root);
    await writeInventory(folder, await tree.scan("/"));
    return await this.mounts(folder);
  }

  /** All layers applied in one directory, named by the chain id (OCI image-spec, config.md#layer-chainid). */
  async #stack(layers: readonly Digest[], signal?: AbortSignal): Promise<string> {
    const { derived, content, kernel, paths } = this.#parts;
    const [lowest, ...above] = layers;
    if (lowest === undefined) return paths.emptyLayer;
    const chain = above.reduce((parent, diffId) => digestOf(`${parent} ${diffId}`), lowest);
    const make = async (target: string): Promise<void> => {
      for (const diffId of layers) {
        const tar = openSync(content.path(diffId), constants.O_RDONLY);
        try {
          await kernel.unpackLayer(tar, target, { whiteouts: "apply" });
        } finally {
          closeSync(tar);
        }
      }
    };
    const wanted = { layers, forms: ["tree"], make: (folder: string) => makeTree(folder, make) } as const;
    return (await derived.ensure(chain, wanted, signal)).path;
  }

  async mounts(folder: string): Promise<readonly Mount[]> {
    return [{ type: "bind", source: join(folder, "fs"), options: ["bind"] }];
  }

  async view(layers: readonly Digest[], { signal }: ViewOptions = {}): Promise<readonly Mount[]> {
    return [{ type: "bind", source: await this.#stack(layers, signal), options: ["bind", "ro"] }];
  }

  /** Whiteouts leave no trace in a copy. */
  async touches(): Promise<boolean> {
    return true;
  }

  async write(out: number, snapshot: Stacked, options: CommitOptions): Promise<WrittenLayer> {
    using tree = await this.#parts.trees.openDirectory(join(snapshot.folder, "fs"));
    const entries = await this.#layer(tree, snapshot, options);
    return await this.#parts.kernel.writeLayer(out, tree.fd, entries);
  }

  async #layer(tree: Tree, { folder }: Stacked, options: CommitOptions): Promise<readonly LayerEntry[]> {
    const inventory = readInventory(folder);
    const all = [...(await tree.scan("/"))];
    const touched = all.filter((entry) => inventory.get(entry.path) !== inodeOf(entry));
    const here = new Set(all.map(({ path }) => path));
    const gone = [...inventory.keys()].filter((path) => !here.has(path));
    return layerEntries(tree, {
      all,
      touched,
      existed: (path) => inventory.has(path),
      gone,
      exclude: (options.exclude ?? []).map(relativePath),
      ...(options.clampMtime === undefined ? {} : { clampMtime: options.clampMtime }),
    });
  }

  /** A copy of a whole stack is no layer. */
  async consume(): Promise<void> {}

  async changes({ folder, layers }: Stacked): Promise<readonly Change[]> {
    const { trees } = this.#parts;
    using base = await trees.openDirectory(await this.#stack(layers));
    using tree = await trees.openDirectory(join(folder, "fs"));
    const [before, after] = await Promise.all([base.scan("/"), tree.scan("/")]);
    return compareTrees(toMap(before), toMap(after));
  }

  async usage(folder: string): Promise<{ readonly bytes: number; readonly inodes: number }> {
    using tree = await this.#parts.trees.openDirectory(join(folder, "fs"));
    const inventory = readInventory(folder);
    const entries = await tree.scan("/");
    return usageOf(entries.filter((entry) => inventory.get(entry.path) !== inodeOf(entry)));
  }
}

const toMap = (entries: LazyList<ScanEntry>): StatMap =>
  new Map<string, FileStat>(entries.map(({ path, stat }) => [path, stat]));

/** An inode's number and change time, which no program can set back. */
const inodeOf = ({ stat }: ScanEntry): string => `${stat.ino} ${stat.ctimeNs}`;

/** Records every path's inode. Returns when the filesystem's clock has moved on, so that any later change shows. */
async function writeInventory(folder: string, entries: LazyList<ScanEntry>): Promise<void> {
  const file = join(folder, "inventory.json");
  let newest = 0n;
  for (const { stat } of entries) if (stat.ctimeNs > newest) newest = stat.ctimeNs;
  writeFileSync(file, JSON.stringify([...entries].map((entry) => [entry.path, inodeOf(entry)])), {
    mode: 0o600,
  });
  while (statSync(file, { bigint: true }).ctimeNs <= newest) {
    await sleep(CLOCK_TICK_MS);
    chmodSync(file, 0o600);
  }
}

const readInventory = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    JSON.parse(readFileSync(join(folder, "inventory.json"), "utf8")) as readonly (readonly [
      string,
      string,
    ])[],
  );
