import type { CacheBounds } from "../../build-cache-api.ts";

/** Whether a cache that takes no more than `most` is within the bounds, whatever it takes: what it may have does not fall faster than what it takes. */
export function surelyFits(
  bounds: CacheBounds,
  { most, free }: { readonly most: number; readonly free: number },
): boolean {
  const limit = allowance(bounds, { used: most, free });
  return limit !== undefined && most <= limit;
}

/** Bytes that the cache may have, which takes `used` of a disk of which `free` are left; undefined when nothing bounds it. */
export function allowance(
  { reservedSpace = 0, maxUsedSpace = 0, minFreeSpace = 0 }: CacheBounds,
  { used, free }: { readonly used: number; readonly free: number },
): number | undefined {
  if (reservedSpace === 0 && maxUsedSpace === 0 && minFreeSpace === 0) return undefined;
  // What is reserved is all there may be when nothing else is said: docker's --keep-storage.
  const most = maxUsedSpace > 0 ? maxUsedSpace : minFreeSpace > 0 ? Number.POSITIVE_INFINITY : reservedSpace;
  const lacking = Math.max(0, minFreeSpace - free);
  return Math.max(reservedSpace, Math.min(most, lacking > 0 ? used - lacking : most));
}
