import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE_MS = 60_000;
const PAUSE_MS = 20;

/** Looks again and again until what it sees is wanted, and returns that. Rejects with what it saw last after a minute. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  wanted: (seen: T) => boolean = Boolean,
): Promise<T> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`what was waited for did not come: ${JSON.stringify(seen)}`);
  }
}
