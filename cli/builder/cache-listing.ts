import { CACHE_TYPES } from "../../core/build-cache.ts";
import { humanDuration } from "../../core/human-duration.ts";
import type { BuildCacheEntry } from "../../engine/api.ts";
import { alignColumns } from "../format/table.ts";
import { humanSize } from "../format/units.ts";
import type { Listing } from "../listing.ts";
import { formatTime } from "../time.ts";

/** The columns of `docker buildx du`: a star marks what can still change, and a size that images have as well. */
export const cacheListing = (now: number): Listing<BuildCacheEntry> => ({
  quiet: "ID",
  table: ["ID", "Reclaimable", "Size", "LastUsedAt"],
  fields: {
    ID: { header: "ID", value: ({ id, kind }) => (kind === "step" ? id : `${id}*`) },
    Parents: { header: "PARENTS", value: ({ parents }) => parents.join(",") },
    Reclaimable: { header: "RECLAIMABLE", value: ({ inUse }) => String(!inUse) },
    Size: { header: "SIZE", value: ({ bytes, shared }) => `${humanSize(bytes)}${shared ? "*" : ""}` },
    LastUsedAt: {
      header: "LAST ACCESSED",
      value: ({ usedAt }) => `${humanDuration(Math.max(0, now - usedAt.getTime()))} ago`,
    },
    CreatedAt: { header: "CREATED AT", value: ({ createdAt }) => formatTime(createdAt) },
    Mutable: { header: "MUTABLE", value: ({ kind }) => String(kind !== "step") },
    Shared: { header: "SHARED", value: ({ shared }) => String(shared) },
    Description: { header: "DESCRIPTION", value: ({ description }) => description },
    UsageCount: { header: "USAGE COUNT", value: ({ uses }) => String(uses) },
    Type: { header: "CACHE TYPE", value: ({ kind }) => CACHE_TYPES[kind] },
  },
});

/** All that is known of one, a line each, as `docker buildx du --verbose` has it. */
export function cacheParagraph(entry: BuildCacheEntry): string {
  const { id, kind, parents, bytes, description, uses } = entry;
  const lines: readonly (readonly [name: string, value: string])[] = [
    ["ID", id],
    ...(parents.length === 0 ? [] : [["Parents", parents.join("\n\t")] as const]),
    ["Created at", formatTime(entry.createdAt)],
    ["Mutable", String(kind !== "step")],
    ["Reclaimable", String(!entry.inUse)],
    ["Shared", String(entry.shared)],
    ["Size", humanSize(bytes)],
    ["Description", description],
    ["Usage count", String(uses)],
    ["Last used", formatTime(entry.usedAt)],
    ["Type", CACHE_TYPES[kind]],
  ];
  return `${alignColumns(lines.map(([name, value]) => `${name}:\t${value}`)).join("\n")}\n\n`;
}

/** What all take: on the disk, and of that what images have as well, and what a prune would free. */
export function cacheTotals(entries: readonly BuildCacheEntry[]): string {
  const sum = (list: readonly BuildCacheEntry[]) => list.reduce((total, { bytes }) => total + bytes, 0);
  const [shared, own] = [entries.filter((entry) => entry.shared), entries.filter((entry) => !entry.shared)];
  const lines = [
    ...(shared.length === 0
      ? []
      : [`Shared:\t${humanSize(sum(shared))}`, `Private:\t${humanSize(sum(own))}`]),
    `Reclaimable:\t${humanSize(sum(own.filter(({ inUse }) => !inUse)))}`,
    `Total:\t${humanSize(sum(entries))}`,
  ];
  return `${alignColumns(lines).join("\n")}\n`;
}
