import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";
import type { Answer, Hijack, Switch } from "./call.ts";
import { errorAnswer, statusOf } from "./errors.ts";
import { send } from "./exchange.ts";
import { type FindPeer, Peers } from "./peer.ts";
import { findRoute, type Request, type Route } from "./route.ts";
import { connectionOver, hangUp, noUpgrade, outputOf, switchProtocols, upgradeBody } from "./upgraded.ts";
import { userOf } from "./user.ts";
import { splitVersion } from "./version.ts";

const LIMITS = {
  headersTimeout: 10_000,
  /** Requests have no end of their own: builds and attachments take as long as they take. */
  requestTimeout: 0,
  keepAliveTimeout: 120_000,
  maxHeaderSize: 64 << 10,
  connectionsCheckingInterval: 5_000,
  noDelay: true,
} as const;
const MAX_CONNECTIONS = 10_000;
const MAX_PATH = 16 << 10;

export interface ApiServerOptions {
  readonly routes: readonly Route[];
  /** On every answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly findPeer: FindPeer;
  /** Told of every request once it was answered, and of faults of our own. */
  readonly observe: (exchange: Exchange) => void;
}
export interface Exchange {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  /** The client's address; where it has none, its user and process, as far as they are known. */
  readonly from: string;
  /** The common name of the certificate it showed. */
  readonly user?: string;
  /** What the client calls itself. */
  readonly agent: string;
  readonly status: number;
  /** Why it failed, if it did. */
  readonly error?: unknown;
}

/** Docker Engine API over HTTP, on any number of listeners; each is a server of its own with the same routes. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #open = new Set<Duplex>();
  readonly #peers: Peers;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#peers = new Peers(options.findPeer);
  }

  /** A server to listen with, over TLS or not as `make` has it. */
  create<S extends Server | TlsServer>(make: (options: typeof LIMITS) => S): S {
    const server = make(LIMITS);
    server.maxConnections = MAX_CONNECTIONS;
    this.#peers.watch(server);
    server.on("request", (request, response) => void this.#serve(request, response));
    server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      if (head.byteLength > 0) socket.unshift(head);
      void this.#upgrade(request, socket);
    });
    return server;
  }

  /** Ends what was made of connections; ordinary requests end with their server. */
  closeConnections(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Never rejects: nobody waits for it. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Who stops reading a body must not end the connection: the answer would not arrive.
    const body: ByteStream = request.iterator({ destroyOnReturn: false });
    const outcome = await this.#answer(request, body, signalOf(response));
    // Without an upgrade, output alone can go over the connection, and input only as the request's body.
    const answer = "hijack" in outcome.answer ? outputOf(outcome.answer, request) : outcome.answer;
    if ("take" in answer) await this.#send(request, response, refused(noUpgrade()));
    else await this.#send(request, response, { ...outcome, answer });
    request.resume();
  }

  async #upgrade(request: IncomingMessage, socket: Socket): Promise<void> {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    // The client may go at any moment; what then fails says so where it is awaited.
    socket.on("error", () => undefined);
    const gone = new AbortController();
    socket.once("close", () => gone.abort(clientGone()));
    const body = upgradeBody(request, socket);
    const outcome = await this.#answer(request, body, gone.signal);
    const { answer } = outcome;
    if ("hijack" in answer) {
      this.#options.observe({ ...this.#exchangeOf(request), status: 101 });
      await hijack(request, socket, answer, body);
      return;
    }
    if ("take" in answer) {
      this.#options.observe({ ...this.#exchangeOf(request), status: 101 });
      switchProtocols(socket, answer);
      return;
    }
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    await this.#send(request, response, outcome as Outcome);
    hangUp(socket);
  }

  async #answer(request: IncomingMessage, stream: ByteStream, signal: AbortSignal): Promise<Outcome<Answer>> {
    try {
      const { route, ...rest } = this.#route(request);
      return { answer: await route.serve({ ...rest, stream, signal }) };
    } catch (error) {
      return refused(error);
    }
  }

  #route({
    method = "GET",
    url = "/",
    headers,
  }: IncomingMessage): { readonly route: Route } & Omit<Request, "stream" | "signal"> {
    if (url.length > MAX_PATH) throw new Failure("REQUEST_INVALID", { why: "request URI too long" });
    const mark = url.indexOf("?");
    const { api, path } = splitVersion(mark < 0 ? url : url.slice(0, mark));
    const search = new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1));
    return { ...findRoute(this.#options.routes, method, path), search, api, headers };
  }

  async #send(request: IncomingMessage, response: ServerResponse, { answer, error }: Outcome): Promise<void> {
    const { headers, observe } = this.#options;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    try {
      await send(response, answer);
      observe({
        ...this.#exchangeOf(request),
        status: answer.status,
        ...(error === undefined ? {} : { error }),
      });
    } catch (broken) {
      const gone = request.destroyed || response.destroyed;
      // After the first byte there is only one way to say that it is no answer.
      response.destroy();
      observe({ ...this.#exchangeOf(request), status: gone ? 499 : statusOf(broken), error: broken });
    }
  }

  #exchangeOf({ method = "", url = "", socket, headers }: IncomingMessage): Omit<Exchange, "status"> {
    const user = userOf(socket);
    return {
      method,
      url,
      from: this.#peers.describe(socket),
      ...(user === undefined ? {} : { user }),
      agent: headers["user-agent"] ?? "",
    };
  }
}

interface Outcome<A = Exclude<Answer, Hijack | Switch>> {
  readonly answer: A;
  readonly error?: unknown;
}

const refused = (error: unknown): Outcome => ({ answer: errorAnswer(error), error });

/** Why work ends early: whoever throws it has not failed. */
const clientGone = (): Failure => new Failure("CANCELLED", { what: "the request" });

function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort(clientGone());
  });
  return controller.signal;
}

async function hijack(
  request: IncomingMessage,
  socket: Socket,
  answer: Hijack,
  body: ByteStream,
): Promise<void> {
  const upgrade = request.headers.upgrade ?? "tcp";
  socket.write(
    `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${answer.contentType}\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`,
  );
  await answer.hijack(connectionOver(socket, body)).catch(() => undefined);
  hangUp(socket);
}
