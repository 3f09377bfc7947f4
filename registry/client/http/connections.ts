import type { IncomingMessage } from "node:http";
import type { ByteStream } from "../../../core/streams.ts";
import { connectionFailure } from "./connection-failure.ts";
import { bodyOf, discard, exchange } from "./exchange.ts";
import type { HttpRequest, HttpResponse, Send } from "./message.ts";
import { type RouteOptions, Routes } from "./routes.ts";

/** The connections of one client; closed when disposed. */
export class Connections implements AsyncDisposable {
  readonly #routes: Routes;

  constructor(options: RouteOptions) {
    this.#routes = new Routes(options);
  }

  readonly send: Send = async (request) => {
    request.signal?.throwIfAborted();
    try {
      return answer(request, await exchange(request, await this.#routes.to(request.url)));
    } catch (error) {
      throw connectionFailure(request, error);
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#routes.close();
  }
}

const answer = (request: HttpRequest, response: IncomingMessage): HttpResponse => ({
  status: response.statusCode ?? 0,
  url: request.url,
  header: (name) => {
    const value = response.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  },
  body: reading(request, response),
  discard: () => discard(response),
});

async function* reading(request: HttpRequest, response: IncomingMessage): ByteStream {
  try {
    yield* bodyOf(response);
  } catch (error) {
    request.signal?.throwIfAborted();
    throw connectionFailure(request, error);
  }
}
