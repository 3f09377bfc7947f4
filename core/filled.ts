import type { ByteStream } from "./streams.ts";

/** A stream with a writing side, like the archive that is being packed. */
export interface Fillable extends AsyncIterable<unknown> {
  destroy(error?: Error): void;
}

/**
 * The bytes of `made` while `fill` writes them into it. What `fill` rejects with, the stream fails with. When it is read no further, `made` is
 * destroyed, and `fill` waited for.
 */
export async function* filled(made: Fillable, fill: () => Promise<void>): AsyncGenerator<Uint8Array> {
  const filling = fill().catch((error: Error) => made.destroy(error));
  try {
    yield* made as ByteStream;
  } finally {
    made.destroy();
    await filling;
  }
}
