import type { Dispatcher } from "undici";
import type { ByteStream } from "../../../core/streams.ts";
import { type ExchangeOnLoopback, exchangeBriefly, isBrief } from "./brief.ts";
import { connectionFailure, PATIENCE } from "./connection-failure.ts";
import { type DispatcherOptions, Dispatchers } from "./dispatchers.ts";
import type { HttpRequest, HttpResponse, Send } from "./message.ts";

export interface ConnectionOptions extends DispatcherOptions {
  readonly userAgent: string;
  /** Sends what is brief; when absent, it goes the way of everything. */
  readonly exchange?: ExchangeOnLoopback | undefined;
}

const DISCARD_LIMIT = 64 << 10;
/** Bytes that come while others are being worked on are handed on together; with undici's own 64 KiB each read of the socket stops it. */
const READ_AHEAD = 256 << 10;

/** The connections of one client; closed when disposed. */
export class Connections implements AsyncDisposable {
  readonly #userAgent: string;
  readonly #briefly: ExchangeOnLoopback | undefined;
  readonly #dispatchers: Dispatchers;

  constructor({ userAgent, exchange, ...options }: ConnectionOptions) {
    this.#userAgent = userAgent;
    this.#briefly = exchange;
    this.#dispatchers = new Dispatchers(options);
  }

  readonly send: Send = async (request) => {
    request.signal?.throwIfAborted();
    if (this.#briefly !== undefined && isBrief(request)) {
      const answered = await exchangeBriefly(this.#briefly, request, this.#headersOf(request));
      if (answered !== undefined) return answered;
    }
    try {
      return answer(request, await this.#exchange(request));
    } catch (error) {
      throw connectionFailure(request, error);
    }
  };

  #headersOf({ headers, body }: HttpRequest): Readonly<Record<string, string>> {
    const length = body?.size === undefined ? {} : { "content-length": String(body.size) };
    return { "user-agent": this.#userAgent, ...headers, ...length };
  }

  async #exchange(request: HttpRequest): Promise<Dispatcher.ResponseData> {
    const { method, url, body, signal } = request;
    const dispatcher = await this.#dispatchers.to(url);
    const { default: send } = await import("undici/lib/api/api-request.js");
    const content = await body?.open();
    return send.call(dispatcher, {
      method,
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      headers: this.#headersOf(request),
      // Its types leave out the iterables that it takes.
      ...(content === undefined ? {} : { body: content as unknown as Buffer }),
      ...(signal === undefined ? {} : { signal }),
      headersTimeout: PATIENCE.answer,
      bodyTimeout: PATIENCE.silence,
      highWaterMark: READ_AHEAD,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatchers.close();
  }
}

const answer = (request: HttpRequest, response: Dispatcher.ResponseData): HttpResponse => ({
  status: response.statusCode,
  url: request.url,
  header: (name) => {
    const value = response.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  },
  body: reading(request, response.body),
  discard: async () => {
    // What is short is read, so that the connection can be used again; what is long is cut off.
    await response.body.dump({ limit: DISCARD_LIMIT }).catch(() => undefined);
    // It can be from the next turn of the event loop on; who asks sooner gets another connection.
    await new Promise((resolve) => setImmediate(resolve));
  },
});

async function* reading(request: HttpRequest, body: AsyncIterable<Uint8Array>): ByteStream {
  try {
    yield* body;
  } catch (error) {
    request.signal?.throwIfAborted();
    throw connectionFailure(request, error);
  }
}
