import { createHash } from "node:crypto";
import { closeSync } from "node:fs";
import { finishDigest } from "../core/digest.ts";
import { Failure } from "../core/errors.ts";
import type { ByteStream } from "../core/streams.ts";
import type { KernelProcesses } from "../native/kernel.ts";
import { writeStream } from "./content/write-stream.ts";
import type { BlobInfo } from "./content-store.ts";
import type { AdoptOptions } from "./types.ts";

/** The first bytes of a stream, and the stream with them. */
export async function peek(
  source: ByteStream,
  size: number,
): Promise<{ readonly head: Uint8Array; readonly all: ByteStream }> {
  const iterator = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.byteLength < size) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  const rest: ByteStream = { [Symbol.asyncIterator]: () => iterator };
  async function* all(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* rest;
  }
  return { head, all: all() };
}

/** Passes a stream on and fails with SIZE_MISMATCH when it is not as long as announced. A sender of more is cut off. */
export async function* measured(
  source: ByteStream,
  { blob, signal }: AdoptOptions,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  const refuse = ({ digest, size: want }: BlobInfo): Failure =>
    new Failure("SIZE_MISMATCH", { digest, want, got: size });
  for await (const chunk of source) {
    signal?.throwIfAborted();
    size += chunk.byteLength;
    if (blob !== undefined && size > blob.size) throw refuse(blob);
    yield chunk;
  }
  if (blob !== undefined && size !== blob.size) throw refuse(blob);
}

/** Writes a stream into a file and digests it. */
export async function receive(source: ByteStream, fd: number): Promise<BlobInfo> {
  const hash = createHash("sha256");
  let size = 0;
  async function* digested(): ByteStream {
    for await (const chunk of source) {
      size += chunk.byteLength;
      hash.update(chunk);
      yield chunk;
    }
  }
  await writeStream(fd, digested());
  return { digest: finishDigest(hash), size };
}

/**
 * Runs `work` on a descriptor from which `source` can be read while it arrives. When the stream fails, so does this, whatever `work` made of
 * the part that came; when `work` fails, the rest is not waited for.
 */
export async function throughPipe<T>(
  kernel: Pick<KernelProcesses, "pipe">,
  source: ByteStream,
  work: (fd: number) => Promise<T>,
): Promise<T> {
  const [read, write] = kernel.pipe();
  const working = work(read).finally(() => closeSync(read));
  // Looked at when the pipe breaks, or at the end.
  working.catch(() => undefined);
  try {
    await writeStream(write, source);
  } catch (error) {
    closeSync(write);
    const [outcome] = await Promise.allSettled([working]);
    // The pipe breaks because `work` has ended, and it knows why.
    if ((error as NodeJS.ErrnoException).code !== "EPIPE" || outcome.status === "fulfilled") throw error;
    throw outcome.reason;
  }
  closeSync(write);
  return await working;
}
