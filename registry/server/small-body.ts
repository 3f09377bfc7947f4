import { Failure } from "../../core/errors.ts";
import { readAll } from "../../core/streams.ts";
import type { Call } from "./call.ts";

const TIMEOUT_MS = 60_000;

/**
 * The whole body of a request that is a document. Whoever sends it byte by byte has a minute for all of them. Rejects with RangeError for more than
 * `limit` bytes, REQUEST_INVALID when it takes too long.
 */
export function readSmallBody(
  { body, signal }: Pick<Call, "body" | "signal">,
  limit: number,
  timeoutMs: number = TIMEOUT_MS,
): Promise<Buffer> {
  return readAll(until(body(), AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])), limit);
}

async function* until(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    if (signal.aborted) throw new Failure("REQUEST_INVALID", { why: "the body took too long" });
    yield chunk;
  }
}
