import type { BuildService } from "../../engine/api.ts";
import type { PruneRequest, UsageRecord } from "../../wire/buildkit/control.ts";
import { readCacheFilters } from "./cache-filters.ts";
import { usageRecord } from "./disk-usage.ts";

const NS_PER_MS = 1e6;

/** Control.Prune: tells of each thing that it removed. Rejects with FILTER_UNKNOWN, OPTION_INVALID, OPTION_UNSUPPORTED. */
export async function* prune(
  builds: Pick<BuildService, "prune">,
  { all, filter, keepDuration, reservedSpace, maxUsedSpace, minFreeSpace }: PruneRequest,
): AsyncGenerator<UsageRecord> {
  const filters = readCacheFilters(filter);
  const { removed } = await builds.prune({
    all,
    ...(Object.keys(filters).length === 0 ? {} : { filters }),
    ...(keepDuration > 0 ? { unusedMs: keepDuration / NS_PER_MS } : {}),
    ...(reservedSpace > 0 ? { reservedSpace } : {}),
    ...(maxUsedSpace > 0 ? { maxUsedSpace } : {}),
    ...(minFreeSpace > 0 ? { minFreeSpace } : {}),
  });
  yield* removed.map(usageRecord);
}
