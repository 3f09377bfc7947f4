import type { CacheUse } from "../builder/cache/usage.ts";
import type { CacheFilters, CacheKind } from "../core/build-cache.ts";

/** Something that the build cache keeps. */
export interface BuildCacheEntry extends Omit<CacheUse, "layer" | "kind"> {
  readonly kind: CacheKind;
  /** An image or a container has it as well, so that removing it from the cache would free nothing. */
  readonly shared: boolean;
}

/** How much space the cache may have; of these in bytes, what is absent does not limit. */
export interface CacheBounds {
  /** So much is never taken away. */
  readonly reservedSpace?: number;
  /** So much it has at most. */
  readonly maxUsedSpace?: number;
  /** So much of the disk shall be free. */
  readonly minFreeSpace?: number;
}

export interface CachePrune extends CacheBounds {
  /** Also what images have as well. */
  readonly all?: boolean;
  readonly filters?: CacheFilters;
  /** Milliseconds for which it was not used. */
  readonly unusedMs?: number;
}

/** What keeps the cache small by itself, after builds that added to it; bounds that are absent follow from the size of the disk. */
export interface CacheCare extends CacheBounds {
  /** Held to one after the other, in place of the one rule that the bounds are; a bound that a rule lacks is the one above. */
  readonly rules?: readonly CachePrune[];
}

export interface PrunedCache {
  /** A daemon may tell no more than their ids. */
  readonly removed: readonly (Pick<BuildCacheEntry, "id"> & Partial<BuildCacheEntry>)[];
  /** What is free now. */
  readonly bytes: number;
}
