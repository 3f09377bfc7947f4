import { type FileHandle, open } from "node:fs/promises";
import type { ServerResponse } from "node:http";

/** A part of a file, half open. */
export interface FilePart {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

const CHUNK = 512 << 10;
/** Pairs of buffers kept for later downloads; more are made when more run at once. */
const KEPT_PAIRS = 8;

type Pair = readonly [Buffer, Buffer];
const pairs: Pair[] = [];

/**
 * Sends a part of a file as the rest of a response: one buffer is filled while the other is on its way. A stream allocates each chunk anew, and the
 * page faults of that cost a quarter of the processor time of a download. Rejects when the client goes away or the file is too short.
 * `counts` grows by what has left.
 */
export async function sendFile(
  response: ServerResponse,
  part: FilePart,
  counts: { sentBytes: number },
): Promise<void> {
  const file = await open(part.path, "r");
  const pair: Pair = pairs.pop() ?? [Buffer.allocUnsafeSlow(CHUNK), Buffer.allocUnsafeSlow(CHUNK)];
  const writes: Promise<void>[] = [];
  try {
    await sendChunks({ response, file, pair, writes, counts }, part);
  } finally {
    // A buffer that is still being written must not be filled by somebody else.
    await Promise.allSettled(writes);
    if (pairs.length < KEPT_PAIRS) pairs.push(pair);
    await file.close();
  }
  response.end();
}

async function sendChunks(
  to: {
    readonly response: ServerResponse;
    readonly file: FileHandle;
    readonly pair: Pair;
    readonly writes: Promise<void>[];
    readonly counts: { sentBytes: number };
  },
  { path, start, end }: FilePart,
): Promise<void> {
  const { response, file, pair, writes, counts } = to;
  for (let [at, turn] = [start, 0]; at < end; turn = 1 - turn) {
    await writes[turn];
    const buffer = turn === 0 ? pair[0] : pair[1];
    const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, end - at), at);
    if (bytesRead === 0) throw new Error(`${path} ends at byte ${at}, expected ${end}`);
    at += bytesRead;
    writes[turn] = write(response, buffer.subarray(0, bytesRead), counts);
  }
  await Promise.all(writes);
}

function write(response: ServerResponse, chunk: Uint8Array, counts: { sentBytes: number }): Promise<void> {
  const written = new Promise<void>((resolve, reject) => {
    // What is written to a response whose socket went away is kept for ever, without a word.
    const gone = (): void => reject(new Error("the client went away"));
    if (response.destroyed) return gone();
    response.once("close", gone);
    response.write(chunk, (error) => {
      response.off("close", gone);
      if (error) return reject(error);
      counts.sentBytes += chunk.byteLength;
      resolve();
    });
  });
  // Met by whoever needs the buffer next.
  written.catch(() => undefined);
  return written;
}
