import { type Digest, digestOf } from "../../core/digest.ts";
import type { FileTable, Tree } from "../../store/types.ts";
import { filesOf, type Selected } from "./selected.ts";

/**
 * A file changed within this time of being looked at may be changed again without a new ctime. The kernel's clock for files ticks
 * every few milliseconds; filesystems that keep whole seconds need more.
 */
const TICK_NS = 20_000_000n;
const COARSE_TICK_NS = 2_000_000_000n;
const SECOND_NS = 1_000_000_000n;

/** Git's racy rule: false for a file that may be changed once more without its stat telling. `lookedAt` in milliseconds. */
export function settledAt(lookedAt: number): (files: FileTable, row: number) => boolean {
  const now = BigInt(Math.floor(lookedAt)) * 1_000_000n;
  const fine = now - TICK_NS;
  const coarse = now - COARSE_TICK_NS;
  return (files, row) => {
    const ctimeNs = files.ctimeNs(row);
    return ctimeNs < coarse || (ctimeNs < fine && ctimeNs % SECOND_NS !== 0n);
  };
}

/**
 * Changes whenever something selected does, or its place; undefined while something may change without its stat telling.
 * Whoever writes to a file or its attributes changes its ctime.
 */
export function statsDigest(selected: readonly Selected[], lookedAt: number): Digest | undefined {
  const files = filesOf(selected);
  const isSettled = settledAt(lookedAt);
  for (let row = 0; row < files.length; row++) if (!isSettled(files, row)) return undefined;
  const sources = selected.map(({ name, below }) => `${below.length}/${name}\0`);
  // Names that are no UTF-8 have halves of surrogates, which UTF-8 does not tell apart.
  return digestOf(Buffer.concat([files.bytes, Buffer.from(sources.join("") + files.text, "utf16le")]));
}

/** True when nothing of `selected` changed since it was looked at. Directories may have: what is in them was selected one by one. */
export async function areUnchanged(tree: Tree, selected: readonly Selected[]): Promise<boolean> {
  for (const { self, files } of selected) if (!(await tree.isUnchanged(self.source, files))) return false;
  return true;
}
