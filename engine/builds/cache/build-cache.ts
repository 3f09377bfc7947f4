import { statfsSync } from "node:fs";
import type { Builder } from "../../../builder/build.ts";
import type { CacheUse } from "../../../builder/cache/usage.ts";
import { compileCacheFilters } from "../../../core/build-cache.ts";
import { diskUse } from "../../../store/disk-use.ts";
import type { Store } from "../../../store/types.ts";
import type { BuildCacheEntry, CacheCare, CachePrune, PrunedCache } from "../../build-cache-api.ts";
import type { FailureTable } from "../debug/failure-table.ts";
import { surelyFits } from "./bounds.ts";
import { choosePruned } from "./choose.ts";
import { rulesOf } from "./policy.ts";
import { layersInUse } from "./sharing.ts";

export interface BuildCacheParts {
  readonly store: Store;
  readonly builder: Pick<Builder, "usage" | "usageAtMost" | "remove" | "forget">;
  readonly failures: FailureTable;
  /** Undefined: the cache grows until somebody prunes it. */
  readonly care: (() => CacheCare | undefined) | undefined;
}

/** With the layer of a step. */
type Entry = BuildCacheEntry & Pick<CacheUse, "layer">;

const LOCK = "build-cache-care";
const PRUNED = "by a prune";
const BOUNDED = "to keep the cache within its space";

/** Everything that builds leave behind on the disk: results of steps, cache mounts, the states of failed steps. */
export class BuildCache {
  readonly #parts: BuildCacheParts;

  constructor(parts: BuildCacheParts) {
    this.#parts = parts;
  }

  /** What there is, with what it takes on the disk. */
  async usage(): Promise<readonly BuildCacheEntry[]> {
    return (await this.#entries()).map(({ layer: _layer, ...entry }) => entry);
  }

  /** Removes what a request means, and collects. Rejects with FILTER_UNKNOWN, OPTION_INVALID. */
  async prune(request: CachePrune): Promise<PrunedCache> {
    const { store, builder } = this.#parts;
    await compileCacheFilters(request.filters ?? {}, Date.now());
    await using _lock = await store.locks.hold(LOCK);
    const removed = await this.#apply(request, PRUNED);
    const { filters, unusedMs, all = false, ...bounds } = request;
    const isWhole = filters === undefined && unusedMs === undefined && Object.keys(bounds).length === 0;
    builder.forget({ all: all && isWhole });
    await store.collect();
    return { removed, bytes: sizeOf(removed) };
  }

  /** Holds the cache to its space; to be called when a build has added to it. */
  async shrink(): Promise<PrunedCache> {
    const { store, builder } = this.#parts;
    const care = this.#parts.care?.();
    if (care === undefined) return { removed: [], bytes: 0 };
    const { blocks, bavail, bsize } = statfsSync(store.paths.root);
    const rules = rulesOf(care, blocks * bsize);
    if (this.#isSmall(rules, bavail * bsize)) return { removed: [], bytes: 0 };
    await using _lock = await store.locks.hold(LOCK);
    const removed: BuildCacheEntry[] = [];
    for (const rule of rules) removed.push(...(await this.#apply(rule, BOUNDED)));
    if (removed.length > 0) {
      builder.forget();
      await store.collect();
    }
    return { removed, bytes: sizeOf(removed) };
  }

  /** Most builds need nothing removed, and to look at all there is takes longer the more there is. */
  #isSmall(rules: readonly CachePrune[], free: number): boolean {
    const { builder, failures } = this.#parts;
    const most = builder.usageAtMost();
    return failures.list().length === 0 && rules.every((rule) => surelyFits(rule, { most, free }));
  }

  async #apply(request: CachePrune, why: string): Promise<readonly BuildCacheEntry[]> {
    const { store } = this.#parts;
    await store.leases.sweep();
    const { bavail, bsize } = statfsSync(store.paths.root);
    const chosen = await choosePruned(await this.#entries(), request, {
      now: Date.now(),
      free: bavail * bsize,
    });
    return this.#remove(chosen, why);
  }

  async #remove(chosen: readonly Entry[], why: string): Promise<readonly BuildCacheEntry[]> {
    const { builder, failures, store } = this.#parts;
    const uses = chosen.flatMap(({ kind, ...rest }): CacheUse[] =>
      kind === "failure" ? [] : [{ ...rest, kind }],
    );
    const removed = new Set((await builder.remove(uses, why)).map(({ id }) => id));
    for (const { kind, id } of chosen) {
      if (kind !== "failure" || !failures.take(id)) continue;
      await store.snapshots.remove(id);
      removed.add(id);
    }
    return chosen.filter(({ id }) => removed.has(id)).map(({ layer: _layer, ...entry }) => entry);
  }

  async #entries(): Promise<readonly Entry[]> {
    const { builder, store } = this.#parts;
    const inUse = layersInUse(store.database);
    const uses = await builder.usage();
    const shared = uses.map((use) => ({ ...use, shared: use.layer !== undefined && inUse.has(use.layer) }));
    return [...shared, ...(await this.#failed())];
  }

  #failed(): Promise<readonly Entry[]> {
    const { failures, store } = this.#parts;
    return Promise.all(
      failures.list().map(async ({ snapshot, command, failedAt }) => ({
        id: snapshot,
        kind: "failure" as const,
        description: `failed step: ${command.join(" ")}`,
        bytes: await diskUse(store.paths.snapshot(snapshot)),
        createdAt: failedAt,
        usedAt: failedAt,
        uses: 1,
        cost: 0,
        parents: [],
        inUse: false,
        shared: false,
      })),
    );
  }
}

const sizeOf = (entries: readonly BuildCacheEntry[]): number =>
  entries.reduce((sum, { bytes, shared }) => sum + (shared ? 0 : bytes), 0);
