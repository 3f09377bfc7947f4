import { fdatasync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** What is written in less time is synced as fast at its end. */
const PAUSE_MS = 50;

/**
 * Brings to the disk what `work` writes into a file while it is writing, so that the sync at the end has little left to wait for. A disk that fails
 * now fails that one too.
 */
export async function syncEarly<T>(fd: number, work: () => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const working = work().finally(() => ended.abort());
  const syncing = syncUntil(ended.signal, fd);
  try {
    return await working;
  } finally {
    await syncing;
  }
}

async function syncUntil(ended: AbortSignal, fd: number): Promise<void> {
  for (;;) {
    await sleep(PAUSE_MS, undefined, { signal: ended }).catch(() => undefined);
    if (ended.aborted) return;
    await promisify(fdatasync)(fd).catch(() => undefined);
  }
}
