import { statfsSync } from "node:fs";
import { Failure } from "../core/errors.ts";
import type { Store } from "./types.ts";

/** The most a byte of DEFLATE can stand for (RFC 1951: 258 bytes in two bits). Other formats reach more, layers made by people do not. */
const RATIO = 1032;
const SLACK = 1 << 20;
/** Of the free space, so that no layer can fill the disk. */
const SHARE = 0.9;

/**
 * How far a layer that comes as a blob of `size` bytes may inflate: by what its compression allows, and never beyond what the disk holds.
 * Throws SYSCALL_FAILED (ENOSPC) when not even the blob has room.
 */
export function inflatedLimit({ paths }: Pick<Store, "paths">, { size }: { readonly size: number }): number {
  const { bavail, bsize } = statfsSync(paths.root);
  const free = Math.floor(bavail * bsize * SHARE);
  if (size > free)
    throw new Failure("SYSCALL_FAILED", { syscall: "write", errno: "ENOSPC", path: paths.root });
  return Math.min(size * RATIO + SLACK, free);
}
