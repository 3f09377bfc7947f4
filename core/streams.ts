import { createHash } from "node:crypto";
import type { Descriptor } from "./descriptor.ts";
import { algorithmOf, finishDigest } from "./digest.ts";
import { Failure } from "./errors.ts";

export type ByteStream = AsyncIterable<Uint8Array>;
/** Half open: [start, end), in bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}
/** Last parameter of everything that can take time. */
export interface Abortable {
  readonly signal?: AbortSignal;
}

/** A small document as a stream. */
export async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Passes `source` on and fails with SIZE_MISMATCH or DIGEST_MISMATCH when it is not what `want` describes. */
export async function* verified(
  source: ByteStream,
  want: Pick<Descriptor, "digest" | "size">,
): AsyncGenerator<Uint8Array> {
  const algorithm = algorithmOf(want.digest);
  const hash = createHash(algorithm);
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > want.size)
      throw new Failure("SIZE_MISMATCH", { digest: want.digest, want: want.size, got: size });
    hash.update(chunk);
    yield chunk;
  }
  if (size !== want.size)
    throw new Failure("SIZE_MISMATCH", { digest: want.digest, want: want.size, got: size });
  const got = finishDigest(hash, algorithm);
  if (got !== want.digest) throw new Failure("DIGEST_MISMATCH", { want: want.digest, got });
}

/** Reads at most `limit` bytes into memory; for small documents only. Throws a RangeError past the limit. */
export async function readAll(source: ByteStream, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > limit) throw new RangeError(`more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The same, begun already: resolves with `ready`, or with its first value or its end when they are sooner. Rejects when that fails. */
export async function begun<T>(source: AsyncIterable<T>, ready: Promise<unknown>): Promise<AsyncIterable<T>> {
  const iterator = source[Symbol.asyncIterator]();
  const first = iterator.next();
  // It is told to who reads; nobody may.
  first.catch(() => undefined);
  await Promise.race([ready, first]);
  return resumed(iterator, first);
}

async function* resumed<T>(iterator: AsyncIterator<T>, first: Promise<IteratorResult<T>>): AsyncGenerator<T> {
  try {
    for (let next = await first; next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
