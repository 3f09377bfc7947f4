import { CACHE_TYPES } from "../../core/build-cache.ts";
import type { Document } from "../../core/document.ts";
import type { BuildCacheEntry, Engine } from "../../engine/api.ts";
import { containerSummary } from "./container-summary.ts";

type Services = Pick<Engine, "builds" | "containers" | "images" | "system" | "volumes">;

export type UsageKind = "container" | "image" | "volume" | "build-cache";

/** Docker Engine API 1.51 "BuildCache". */
const cacheDocument = ({
  id,
  kind,
  description,
  bytes,
  createdAt,
  usedAt,
  inUse,
  uses,
  parents,
  shared,
}: BuildCacheEntry) => ({
  ID: id,
  Parents: parents,
  Type: CACHE_TYPES[kind],
  Description: description,
  InUse: inUse,
  Shared: shared,
  Size: bytes,
  CreatedAt: createdAt.toISOString(),
  LastUsedAt: usedAt.toISOString(),
  UsageCount: uses,
});

const of = (wanted: ReadonlySet<UsageKind>, kind: UsageKind): boolean =>
  wanted.size === 0 || wanted.has(kind);

/** Docker Engine API 1.51 "SystemDataUsageResponse", of the kinds that were asked for; of all when none was. */
export async function diskUsage(services: Services, wanted: ReadonlySet<UsageKind>): Promise<Document> {
  const { builds, images, containers, volumes, system } = services;
  const now = Date.now();
  const listed = of(wanted, "container") ? await containers.list({ all: true }) : [];
  const volumeNames = of(wanted, "volume") ? await volumes.list() : [];
  const cache = of(wanted, "build-cache") ? await builds.usage() : [];
  const { Images } = await system.diskUsage();
  return {
    LayersSize: of(wanted, "image") ? (Images?.bytes ?? 0) : 0,
    Images: of(wanted, "image") ? await images.summaries({ shared: true }) : null,
    Containers: await Promise.all(
      listed.map(async (record) => containerSummary(record, now, await containers.size(record.id))),
    ),
    Volumes: await Promise.all(volumeNames.map(({ name }) => volumes.inspect(name, { size: true }))),
    BuildCache: cache.map(cacheDocument),
    BuilderSize: cache.reduce((sum, { bytes, shared }) => sum + (shared ? 0 : bytes), 0),
  };
}
