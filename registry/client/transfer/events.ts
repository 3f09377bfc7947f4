/**
 * Progress of a pull or push in docker's words: a line about one layer when `id` (the short digest) is there, about the whole otherwise.
 * While bytes move, `current` and perhaps `total` count them. As the Docker Engine API's progress messages.
 */
export interface TransferEvent {
  readonly id?: string;
  readonly status: string;
  readonly current?: number;
  readonly total?: number;
}
export type Report = (event: TransferEvent) => void;

/** How often moving bytes are told of. */
const INTERVAL_MS = 100;

/** Passes bytes on and reports how many, at most ten times a second. */
export async function* counted(
  source: AsyncIterable<Uint8Array>,
  report: (current: number) => void,
): AsyncGenerator<Uint8Array> {
  let current = 0;
  let told = 0;
  for await (const chunk of source) {
    current += chunk.byteLength;
    const now = Date.now();
    if (now - told >= INTERVAL_MS) {
      told = now;
      report(current);
    }
    yield chunk;
  }
}
