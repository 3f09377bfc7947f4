import type { CacheBounds } from "../../build-cache-api.ts";

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
