import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { ByteStream } from "../../../core/streams.ts";
import { PATIENCE, timedOut, type Wait } from "./connection-failure.ts";
import type { Body, HttpRequest } from "./message.ts";
import type { Route } from "./routes.ts";

/**
 * Sends one request and resolves with the beginning of its answer, whose body is the caller's to read or destroy. Rejects with the connection's
 * own error, whose code says why.
 */
export async function exchange(request: HttpRequest, route: Route): Promise<IncomingMessage> {
  const { method, url, headers, body, signal } = request;
  const message = httpRequest(url, {
    ...route,
    method,
    headers: {
      ...headers,
      ...route.headers,
      ...(body === undefined ? {} : { "content-length": String(body.size) }),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    return await answerOf(message, body);
  } catch (error) {
    signal?.throwIfAborted();
    // A server closes a connection that was idle for long just when it is used again; nothing has reached it then.
    if (message.reusedSocket && request.once !== true && isClosed(error)) return exchange(request, route);
    throw error;
  }
}

const isClosed = (error: unknown): boolean =>
  ["ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "");

async function answerOf(message: ClientRequest, body: Body | undefined): Promise<IncomingMessage> {
  const connecting = alarm(message, "connect");
  message.once("socket", (socket) => {
    if (socket.connecting) socket.once("connect", () => connecting.stop());
    else connecting.stop();
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    message.once("response", resolve);
    // Stays: an error that comes after the answer is told to who reads its body.
    message.on("error", reject);
  });
  let waiting: Alarm | undefined;
  void write(message, body).then(
    () => {
      waiting = alarm(message, "answer");
    },
    (error: unknown) => message.destroy(error as Error),
  );
  try {
    const response = await answered;
    // Who answers before the body was sent wants no more of it, and the connection cannot be used again.
    if (!message.writableEnded) response.once("close", () => message.destroy());
    return response;
  } finally {
    connecting.stop();
    waiting?.stop();
  }
}

interface Alarm {
  stop(): void;
}

/** Breaks a request off when it takes too long. */
function alarm(message: ClientRequest, wait: Wait): Alarm {
  const timer = setTimeout(() => message.destroy(timedOut(wait)), PATIENCE[wait]);
  const stop = (): void => clearTimeout(timer);
  message.once("close", stop);
  message.once("response", stop);
  return { stop };
}

/** Writes a body as fast as it is taken, or until nobody wants it any more. */
async function write(message: ClientRequest, body: Body | undefined): Promise<void> {
  let answered = false;
  message.once("response", () => {
    answered = true;
  });
  for await (const chunk of body === undefined ? [] : await body.open()) {
    if (!message.write(chunk)) await writable(message);
    if (answered || message.destroyed) return;
  }
  message.end();
}

const writable = (message: ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      for (const event of READY) message.off(event, done);
      resolve();
    };
    for (const event of READY) message.once(event, done);
  });
const READY = ["drain", "response", "close"] as const;

/** The body of an answer; fails when nothing comes for too long, however long its reader takes between two pieces. */
export async function* bodyOf(response: IncomingMessage): ByteStream {
  const pieces = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      const timer = setTimeout(() => response.destroy(timedOut("silence")), PATIENCE.silence);
      const { done, value } = await pieces.next().finally(() => clearTimeout(timer));
      if (done === true) return;
      yield value;
    }
  } finally {
    // Without effect at the end; before it, the rest is not wanted.
    await pieces.return?.();
  }
}

/** What is short is read, so that the connection can be used again; what is long is cut off. */
const DISCARD_LIMIT = 64 << 10;

export async function discard(response: IncomingMessage): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of bodyOf(response)) {
      size += chunk.byteLength;
      if (size > DISCARD_LIMIT) return;
    }
  } catch {
    // Nobody wanted it.
  }
}
