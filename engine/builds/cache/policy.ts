import type { CacheBounds, CacheCare, CachePrune } from "../../build-cache-api.ts";

const GB = 1e9;
/** Shares of the disk, and where they end. */
const RESERVED = { share: 0.1, most: 10 * GB };
const USED = { share: 0.6, most: 100 * GB };
const FREE_SHARE = 0.2;

/** What a cache may have of a disk of so many bytes when nobody says: dockerd's shares. */
const boundsOfDisk = (total: number): Required<CacheBounds> => ({
  reservedSpace: Math.min(total * RESERVED.share, RESERVED.most),
  maxUsedSpace: Math.min(total * USED.share, USED.most),
  minFreeSpace: total * FREE_SHARE,
});

/** The prunes that hold a cache to its care. Space that is asked for in any way replaces all that would follow from the disk. */
export function rulesOf({ rules, ...given }: CacheCare, total: number): readonly CachePrune[] {
  const bounds = Object.keys(given).length === 0 ? boundsOfDisk(total) : given;
  if (rules === undefined) return [bounds];
  return rules.map((rule) => (isBounded(rule) ? rule : { ...bounds, ...rule }));
}

const isBounded = ({ reservedSpace, maxUsedSpace, minFreeSpace }: CacheBounds): boolean =>
  reservedSpace !== undefined || maxUsedSpace !== undefined || minFreeSpace !== undefined;
