import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type Duplex, PassThrough } from "node:stream";
import { aboveTls } from "../../core/above-tls.ts";
import { Failure } from "../../core/errors.ts";
import type { Connection, Hijack, Stream, Switch } from "./call.ts";

/** After the last output a client has so long to close its side; what it still sends is read, so that it is not cut off while it reads. */
const LINGER_MS = 10_000;

/**
 * The body of a request that asks for an upgrade: node leaves it on the socket, before whatever comes after it. It must be read to its end
 * before the socket is used for anything else.
 */
export async function* upgradeBody(
  { headers }: IncomingMessage,
  socket: Duplex,
): AsyncGenerator<Uint8Array, void> {
  if (headers["transfer-encoding"] !== undefined)
    throw new Failure("REQUEST_INVALID", {
      why: "a request that upgrades its connection needs a Content-Length",
    });
  let missing = Number(headers["content-length"] ?? 0);
  while (missing > 0) {
    const chunk = await read(socket);
    if (chunk === undefined) throw new Failure("REQUEST_INVALID", { why: "unexpected EOF" });
    if (chunk.byteLength > missing) socket.unshift(chunk.subarray(missing));
    yield chunk.subarray(0, missing);
    missing -= chunk.byteLength;
  }
}

/** The next bytes; undefined at the end. */
async function read(socket: Duplex): Promise<Buffer | undefined> {
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) return chunk as Buffer;
  return undefined;
}

/** A socket whose HTTP part is over but for what is left of the request's body, as handlers see it. */
export function connectionOver(socket: Duplex, body?: AsyncIterable<Uint8Array>): Connection {
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  return {
    input: inputOf(socket, body),
    signal: gone.signal,
    write: (data) =>
      new Promise((resolve, reject) => {
        socket.write(data, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

async function* inputOf(
  socket: Duplex,
  body: AsyncIterable<Uint8Array> | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    // Some clients send their parameters a second time as a document: it is not what they say to the process.
    if (body !== undefined) await discard(body);
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } catch {
    // A client that is gone says no more; whoever writes to it learns the rest.
  }
}

async function discard(stream: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of stream);
}

/** The output of what would take a connection over, as the body of an ordinary answer; its input is the request's body. */
export function outputOf({ contentType, hijack }: Hijack, request: IncomingMessage): Stream {
  const stream = new PassThrough();
  void hijack({ ...connectionOver(stream), input: request }).then(
    () => stream.end(),
    (error: Error) => stream.destroy(error),
  );
  return { status: 200, headers: { "content-type": contentType }, stream };
}

export const noUpgrade = (): Failure =>
  new Failure("REQUEST_INVALID", { why: "no upgrade proto in request" });

/** Throws REQUEST_INVALID unless a request asks for this protocol. */
export function requireUpgrade({ upgrade }: IncomingHttpHeaders, protocol: string): void {
  if (upgrade === undefined) throw noUpgrade();
  if (upgrade.toLowerCase() !== protocol)
    throw new Failure("REQUEST_INVALID", { why: `protocol ${upgrade} not supported` });
}

export function switchProtocols(socket: Duplex, { protocol, take }: Switch): void {
  // What follows HTTP/1 here has no half-closed connections: without this, one whose client is gone would stay.
  socket.allowHalfOpen = false;
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
  take(aboveTls(socket));
}

/** Says that no more comes, and lets go of the socket once the client has closed its side too. */
export function hangUp(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
  socket.end();
  socket.resume();
}
