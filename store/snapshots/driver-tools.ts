import type { ScanEntry } from "../../native/kernel.ts";

/** "/a/b" as the kernel's lists have it: "a/b". */
export const relativePath = (path: string): string => path.replace(/^\/+|\/+$/g, "");

/** A file with several names counts once. */
export function usageOf(entries: Iterable<ScanEntry>): { readonly bytes: number; readonly inodes: number } {
  const seen = new Set<bigint>();
  let bytes = 0;
  for (const { stat } of entries) {
    if (seen.has(stat.ino)) continue;
    seen.add(stat.ino);
    bytes += stat.type === "file" ? stat.size : 0;
  }
  return { bytes, inodes: seen.size };
}
