import { fdatasync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** What is written in less time is synced as fast at its end. Longer ones have more to be brought to the disk at once, which stops who writes. */
const PAUSE_MS = 10;

/**
 * Brings to the disk what `work` writes into a file while it is writing, so that the sync at the end has little left to wait for. Rejects when that
 * fails: the kernel tells of bytes that were lost once, and who syncs the file by another descriptor later would not hear of them.
 */
export async function syncEarly<T>(fd: number, work: () => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const working = work().finally(() => ended.abort());
  const [worked, synced] = await Promise.allSettled([working, syncUntil(ended.signal, fd)]);
  if (worked.status === "rejected") throw worked.reason;
  if (synced.status === "rejected") throw synced.reason;
  return worked.value;
}

async function syncUntil(ended: AbortSignal, fd: number): Promise<void> {
  for (;;) {
    await sleep(PAUSE_MS, undefined, { signal: ended }).catch(() => undefined);
    if (ended.aborted) return;
    await promisify(fdatasync)(fd);
  }
}
