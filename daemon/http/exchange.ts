import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Document, Stream } from "./call.ts";

/** Writes an answer. Resolves when its bytes have left; rejects when the client went away or the stream broke. */
export async function send(response: ServerResponse, answer: Document | Stream): Promise<void> {
  if ("stream" in answer) return sendStream(response, answer);
  const { status, json, text, headers = {} } = answer;
  const body = json === undefined ? text : `${JSON.stringify(json)}\n`;
  const empty = status === 204 || status === 304;
  response.writeHead(status, {
    ...(json === undefined ? {} : { "content-type": "application/json" }),
    ...(empty ? {} : { "content-length": Buffer.byteLength(body ?? "") }),
    ...headers,
  });
  response.end(body);
}

async function sendStream(response: ServerResponse, { status, headers, stream }: Stream): Promise<void> {
  response.writeHead(status, { ...headers });
  // Who waits for what may come much later is told at once that it will.
  response.flushHeaders();
  await pipeline(Readable.from(stream, { objectMode: false }), response);
}
