import { type Digest, digestOf } from "../../core/digest.ts";
import type { FileStat, Tree } from "../../store/types.ts";
import type { Selected } from "./selected.ts";
import { entriesOf } from "./selected.ts";

/**
 * A file changed within this time of being looked at may be changed again without a new ctime. The kernel's clock for files ticks
 * every few milliseconds; filesystems that keep whole seconds need more.
 */
const TICK_NS = 20_000_000n;
const COARSE_TICK_NS = 2_000_000_000n;
const SECOND_NS = 1_000_000_000n;

/** Git's racy rule: false when the file may be changed once more without its stat telling. `lookedAt` in milliseconds. */
export function isSettled(stat: FileStat, lookedAt: number): boolean {
  const tick = stat.ctimeNs % SECOND_NS === 0n ? COARSE_TICK_NS : TICK_NS;
  return stat.ctimeNs + tick < BigInt(Math.floor(lookedAt)) * 1_000_000n;
}

/**
 * Changes whenever something selected does, or its place; undefined while something may change without its stat telling.
 * Whoever writes to a file or its attributes changes its ctime.
 */
export function statsDigest(selected: readonly Selected[], lookedAt: number): Digest | undefined {
  const entries = entriesOf(selected);
  const integers = new BigInt64Array(entries.length * 3);
  const numbers = new Float64Array(entries.length * 2);
  const texts: string[] = selected.map(({ name, below }) => `${below.length}/${name}`);
  for (const [i, { path, stat }] of entries.entries()) {
    if (!isSettled(stat, lookedAt)) return undefined;
    integers[3 * i] = stat.dev;
    integers[3 * i + 1] = stat.ino;
    integers[3 * i + 2] = stat.ctimeNs;
    numbers[2 * i] = stat.size;
    numbers[2 * i + 1] = stat.mode;
    texts.push(path, stat.link === undefined ? stat.type : `link ${stat.link}`);
  }
  const parts = [Buffer.from(integers.buffer), Buffer.from(numbers.buffer), Buffer.from(texts.join("\0"))];
  return digestOf(Buffer.concat(parts));
}

/** How many files are looked at in one call: enough to be fast, and little memory. */
const TOGETHER = 4096;

/** True when nothing of `selected` changed since it was looked at. Directories may have: what is in them was selected one by one. */
export async function areUnchanged(tree: Tree, selected: readonly Selected[]): Promise<boolean> {
  const files = entriesOf(selected).filter(({ stat }) => stat.type !== "dir");
  for (let start = 0; start < files.length; start += TOGETHER) {
    const some = files.slice(start, start + TOGETHER);
    const now = await tree.statMany(some.map(({ source }) => source));
    for (const [i, { stat }] of some.entries()) {
      const current = now.at(i);
      if (current?.ctimeNs !== stat.ctimeNs || current.ino !== stat.ino || current.size !== stat.size)
        return false;
    }
  }
  return true;
}
