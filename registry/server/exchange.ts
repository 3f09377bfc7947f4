import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ByteStream } from "../../core/streams.ts";
import type { Answer } from "./call.ts";
import { sendFile } from "./send-file.ts";

/** So much of a body nobody wanted is still read, so that the client sees the answer rather than a reset connection. */
const DRAIN_LIMIT = 16 << 20;
const DRAIN_MS = 5_000;

/** How much of the two bodies of a request has passed. */
export interface Counts {
  receivedBytes: number;
  sentBytes: number;
}

/** The body of a request; `expectsContinue`: the client waits until somebody wants it. */
export function bodyOf(
  request: IncomingMessage,
  response: ServerResponse,
  { expectsContinue, counts }: { readonly expectsContinue: boolean; readonly counts: Counts },
): () => ByteStream {
  let asked = false;
  return () => {
    if (expectsContinue && !asked) response.writeContinue();
    asked = true;
    return counted(request, counts);
  };
}

async function* counted(request: IncomingMessage, counts: Counts): AsyncGenerator<Uint8Array> {
  for await (const chunk of request) {
    counts.receivedBytes += (chunk as Buffer).byteLength;
    yield chunk as Buffer;
  }
}

/** Writes an answer; resolves when its bytes have left. Rejects when the client went away or the body broke. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { answer, counts }: { readonly answer: Answer; readonly counts: Counts },
): Promise<void> {
  const { status, headers = {}, body } = answer;
  if (response.destroyed) {
    if (body instanceof Readable) body.destroy();
    return;
  }
  // What the client still sends is not read any more; the connection cannot be used for another request.
  const rest = !request.readableEnded && hasBody(request);
  if (rest) response.shouldKeepAlive = false;
  const isSized = status === 204 || status === 304 || "content-length" in headers;
  const whole = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  if (whole && !isSized)
    response.setHeader("content-length", body === undefined ? 0 : Buffer.byteLength(body));
  response.writeHead(status, headers as Readonly<Record<string, string | number | string[]>>);
  if (request.method === "HEAD" || body === undefined) response.end();
  else if (whole) {
    response.end(body);
    counts.sentBytes = Buffer.byteLength(body);
  } else if (body instanceof Readable) {
    body.on("data", (chunk: Buffer) => {
      counts.sentBytes += chunk.byteLength;
    });
    await pipeline(body, response);
  } else await sendFile(response, body, counts);
  if (rest) drain(request);
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

function drain(request: IncomingMessage): void {
  if (request.destroyed || request.headers.expect !== undefined) return;
  let size = 0;
  const timer = setTimeout(() => request.destroy(), DRAIN_MS).unref();
  request.on("data", (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size > DRAIN_LIMIT) request.destroy();
  });
  request.once("close", () => clearTimeout(timer));
  request.resume();
}
