import { compileCacheFilters } from "../../../core/build-cache.ts";
import type { BuildCacheEntry, CachePrune } from "../../build-cache-api.ts";
import { allowance } from "./bounds.ts";
import { worthOf } from "./worth.ts";

export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Free bytes of the disk. */
  readonly free: number;
}

/**
 * What a prune removes: all that it means, or, where space bounds it, the things of the least worth until the rest fits. What is in use stays; what
 * images have as well takes nothing of the cache's space and goes only when all may go and no space is asked for. Rejects with FILTER_UNKNOWN,
 * OPTION_INVALID.
 */
export async function choosePruned<E extends BuildCacheEntry>(
  entries: readonly E[],
  request: CachePrune,
  { now, free }: Moment,
): Promise<readonly E[]> {
  const { all = false, filters = {}, unusedMs = 0 } = request;
  const matches = await compileCacheFilters(filters, now);
  const own = entries.filter(({ shared }) => !shared);
  const used = own.reduce((sum, { bytes }) => sum + bytes, 0);
  const limit = allowance(request, { used, free });
  const candidates = (limit === undefined && all ? entries : own).filter(
    (entry) => !entry.inUse && now - entry.usedAt.getTime() >= unusedMs && matches(entry),
  );
  return limit === undefined ? candidates : leastWorth(candidates, { entries, excess: used - limit, now });
}

interface Shrink {
  readonly entries: readonly BuildCacheEntry[];
  readonly excess: number;
  readonly now: number;
}

function leastWorth<E extends BuildCacheEntry>(
  candidates: readonly E[],
  { entries, excess, now }: Shrink,
): readonly E[] {
  if (excess <= 0) return [];
  const worth = worthOf(entries, now);
  const of = ({ id }: E): number => worth.get(id) ?? 0;
  const sorted = candidates.toSorted((a, b) => of(a) - of(b) || a.usedAt.getTime() - b.usedAt.getTime());
  const chosen: E[] = [];
  let freed = 0;
  for (const entry of sorted) {
    if (freed >= excess) break;
    if (entry.bytes === 0) continue;
    chosen.push(entry);
    freed += entry.bytes;
  }
  return withoutNeedless(chosen, freed - excess);
}

/** Spares what turned out not to be needed because something larger had to go after it; the most valuable first. */
function withoutNeedless<E extends BuildCacheEntry>(chosen: readonly E[], surplus: number): readonly E[] {
  let spare = surplus;
  return chosen.toReversed().filter(({ bytes }) => {
    if (bytes > spare) return true;
    spare -= bytes;
    return false;
  });
}
