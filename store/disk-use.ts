import { type BigIntStats, lstatSync, readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { ifThere } from "../core/if-there.ts";

/** Of st_blocks, whatever the filesystem's own blocks are. */
const BLOCK = 512n;
/** Looked at in a row, before others have their turn. */
const BATCH = 512;

/**
 * Bytes that `path` and everything below it take on the disk, in whole blocks, directories and holes as they are; a file with several names
 * counts once. Links are not followed. What vanishes meanwhile does not count; 0 when there is nothing.
 */
export async function diskUse(path: string): Promise<number> {
  const seen = new Set<string>();
  const left = [path];
  let bytes = 0n;
  for (let looked = 1; left.length > 0; looked++) {
    const at = left.pop() ?? path;
    const stat = ifThere(() => lstatSync(at, { bigint: true }));
    if (stat !== undefined && isNew(stat, seen)) bytes += stat.blocks * BLOCK;
    if (stat?.isDirectory() === true)
      for (const name of ifThere(() => readdirSync(at)) ?? []) left.push(`${at}/${name}`);
    if (looked % BATCH === 0) await setImmediate();
  }
  return Number(bytes);
}

function isNew({ dev, ino, nlink }: BigIntStats, seen: Set<string>): boolean {
  if (nlink < 2n) return true;
  const name = `${dev} ${ino}`;
  if (seen.has(name)) return false;
  seen.add(name);
  return true;
}
