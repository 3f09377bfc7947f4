import { CACHE_TYPES, compileCacheFilters } from "../../core/build-cache.ts";
import type { BuildCacheEntry, BuildService } from "../../engine/api.ts";
import type { USAGE_REQUEST, UsageRecord } from "../../wire/buildkit/control.ts";
import type { Decoded } from "../../wire/grpc/message.ts";
import { readCacheFilters } from "./cache-filters.ts";
import { timestamp } from "./timestamp.ts";

const NS_PER_MS = 1e6;

/** Control.DiskUsage. Rejects with FILTER_UNKNOWN, OPTION_INVALID, OPTION_UNSUPPORTED. */
export async function usageRecords(
  builds: Pick<BuildService, "usage">,
  { filter, ageLimit }: Decoded<typeof USAGE_REQUEST>,
): Promise<readonly UsageRecord[]> {
  const now = Date.now();
  const matches = await compileCacheFilters(readCacheFilters(filter), now);
  const before = now - ageLimit / NS_PER_MS;
  const entries = (await builds.usage()).filter(({ usedAt }) => usedAt.getTime() <= before);
  return entries.filter(matches).map(usageRecord);
}

/** What is absent is not known. */
export function usageRecord(entry: Pick<BuildCacheEntry, "id"> & Partial<BuildCacheEntry>): UsageRecord {
  const { id, kind, description = "", bytes = 0, uses = 0, parents = [], createdAt, usedAt } = entry;
  return {
    id,
    mutable: kind !== undefined && kind !== "step",
    inUse: entry.inUse === true,
    size: bytes,
    ...(createdAt === undefined ? {} : { createdAt: timestamp(createdAt.getTime()) }),
    ...(usedAt === undefined ? {} : { lastUsedAt: timestamp(usedAt.getTime()) }),
    usageCount: uses,
    description,
    recordType: CACHE_TYPES[kind ?? "step"],
    shared: entry.shared === true,
    parents,
  };
}
