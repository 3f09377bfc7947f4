import { open } from "node:fs/promises";

const CHUNK = 1 << 20;

/** Opens on the first pull, so that a stream nobody reads holds nothing. */
export async function* readFile(
  path: string,
  { start, end }: { readonly start: number; readonly end: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r");
  try {
    for (let at = start; at < end; ) {
      signal?.throwIfAborted();
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.allocUnsafe(Math.min(CHUNK, end - at)),
        position: at,
      });
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
