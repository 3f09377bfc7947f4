import { setTimeout as sleep } from "node:timers/promises";

const TRIES = 400;
const PAUSE_MS = 25;

/** Looks again and again until what it sees is wanted, and returns that. Rejects with what it saw last. */
export async function eventually<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  for (let tries = 1; ; tries++) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (tries === TRIES) throw new Error(`what was waited for did not come: ${JSON.stringify(seen)}`);
    await sleep(PAUSE_MS);
  }
}
