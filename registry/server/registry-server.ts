import {
  createServer,
  type ServerOptions as HttpOptions,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describeError } from "../../core/errors.ts";
import type { RegistryStorage } from "../storage/registry-storage.ts";
import {
  type Answer,
  type Call,
  type Exchange,
  type Handler,
  type Layer,
  type Observer,
  stack,
  type Target,
} from "./call.ts";
import { Connections } from "./connections.ts";
import { DocumentCache } from "./document-cache.ts";
import { errorAnswer } from "./errors.ts";
import { bodyOf, type Counts, send } from "./exchange.ts";
import { errors } from "./layers/errors.ts";
import { uploadLimit } from "./layers/upload-limit.ts";
import { routeTable } from "./route-table.ts";
import { findRoute, type Route } from "./routes.ts";
import type { TlsFiles } from "./tls/tls-files.ts";

/** Time-outs are per connection: requests have no end of their own, uploads may take hours as long as bytes come. */
const DEFAULTS = {
  /** For all headers of a request. */
  headersTimeoutMs: 10_000,
  /** Without a byte in either direction. */
  idleTimeoutMs: 60_000,
  keepAliveTimeoutMs: 65_000,
  maxHeaderBytes: 16 << 10,
  maxUploads: 256,
  maxConnections: 10_000,
  /** How long a stop waits for requests under way. */
  drainMs: 10_000,
} as const;
export type ServerLimits = { readonly [K in keyof typeof DEFAULTS]: number };

export interface ServerOptions {
  readonly storage: RegistryStorage;
  /** Around every request, outermost first: access, limits. */
  readonly layers?: readonly Layer[];
  /** Told of every request when it is over. */
  readonly observers?: readonly Observer[];
  /** End-points besides those of the specification; the layers are around them too. */
  readonly routes?: readonly Route[];
  readonly limits?: Partial<ServerLimits>;
  /** Whether image manifests may arrive before their blobs; pulling such an image fails until they are there. */
  readonly sparse?: boolean;
  /** TLS instead of plain HTTP, each connection with what the files say then. */
  readonly tls?: Pick<TlsFiles, "current">;
  /** One line about a fault of ours. */
  readonly report: (line: string) => void;
}

/** OCI distribution-spec 1.1 over HTTP. Disposing stops it gracefully; the storage stays the caller's. */
export class RegistryServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #routes: readonly Route[];
  readonly #limits: ServerLimits;
  readonly #tls: ServerOptions["tls"];
  readonly #layers: Layer[];
  readonly #observers: readonly Observer[];
  readonly #report: (line: string) => void;
  readonly #connections = new Connections();
  #stopping = false;

  constructor(options: ServerOptions) {
    const { storage, layers = [], routes = [], limits = {}, sparse = false, report } = options;
    this.#limits = { ...DEFAULTS, ...limits };
    this.#tls = options.tls;
    this.#observers = options.observers ?? [];
    this.#report = report;
    // Between any two layers: each sees answers only, whoever threw.
    const caught = errors(report);
    this.#layers = [...layers, uploadLimit(this.#limits.maxUploads)].flatMap((layer) => [caught, layer]);
    this.#layers.push(caught);
    const parts = { storage, sparse, documents: new DocumentCache(storage.blobs) };
    this.#routes = [...routeTable(parts, () => this.#stopping), ...routes].map((route) => ({
      ...route,
      methods: Object.fromEntries(
        Object.entries(route.methods).map(([method, { action, handle }]) => [
          method,
          { action, handle: stack(handle, this.#layers) },
        ]),
      ),
    }));
    this.#server = this.#create();
  }

  #create(): Server {
    const { headersTimeoutMs, idleTimeoutMs, keepAliveTimeoutMs, maxHeaderBytes, maxConnections } =
      this.#limits;
    const server = this.#listener({
      headersTimeout: headersTimeoutMs,
      requestTimeout: 0,
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: maxHeaderBytes,
      connectionsCheckingInterval: Math.min(headersTimeoutMs, 5_000),
      noDelay: true,
    });
    server.timeout = idleTimeoutMs;
    server.maxConnections = maxConnections;
    this.#connections.watch(server);
    server.on("request", (request, response) => void this.#serve(request, response, false));
    server.on("checkContinue", (request, response) => void this.#serve(request, response, true));
    return server;
  }

  #listener(options: HttpOptions): Server {
    const tls = this.#tls;
    if (tls === undefined) return createServer(options);
    const handshakeTimeout = this.#limits.headersTimeoutMs;
    return followed(createSecureServer({ ...options, ...tls.current, handshakeTimeout }), tls);
  }

  /** Resolves with the address it listens on; port 0 picks a free one. */
  async listen(address: { readonly host?: string; readonly port: number }): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(address, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    return this.#server.address() as AddressInfo;
  }

  /** Never rejects: nobody waits for it. */
  async #serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    this.#connections.answering(request.socket, response);
    response.setHeader("docker-distribution-api-version", "registry/2.0");
    response.setHeader("x-content-type-options", "nosniff");
    const begin = performance.now();
    const counts = { receivedBytes: 0, sentBytes: 0 };
    const { call, handle } = this.#route(request, response, { expectsContinue, counts });
    const answer = await handle(call).catch(errorAnswer);
    const complete = await this.#answer(request, response, { answer, counts });
    this.#observe({ call, answer, ...counts, durationMs: performance.now() - begin, complete });
  }

  /** Nobody waits for it, so what a log or an event cannot do must not end the process. */
  #observe(exchange: Exchange): void {
    for (const observe of this.#observers) {
      try {
        observe(exchange);
      } catch (error) {
        this.#report(`telling of ${exchange.call.method} ${exchange.call.path}: ${describeError(error)}`);
      }
    }
  }

  /** False when the client is gone, or the body broke: after the first byte of an answer there is only one way to say that it is no answer. */
  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    result: { readonly answer: Answer; readonly counts: Counts },
  ): Promise<boolean> {
    if (this.#stopping) response.shouldKeepAlive = false;
    const isGone = response.destroyed;
    try {
      await send(request, response, result);
      return !isGone;
    } catch (error) {
      if (!request.destroyed && !isDisconnect(error))
        this.#report(`${request.method} ${request.url}: ${describeError(error)}`);
      if (response.headersSent || response.destroyed) response.destroy();
      else
        await send(request, response, { ...result, answer: errorAnswer(error) }).catch(() =>
          response.destroy(),
        );
      return false;
    }
  }

  #route(
    request: IncomingMessage,
    response: ServerResponse,
    options: { readonly expectsContinue: boolean; readonly counts: Counts },
  ): { readonly call: Call; readonly handle: Handler } {
    const { method = "GET", url = "/", headers } = request;
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    const { target, handle } = this.#find(method, path);
    const call: Call = {
      method,
      path,
      query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)),
      headers,
      remoteAddress: request.socket.remoteAddress ?? "",
      target,
      caller: { may: () => true },
      secure: "encrypted" in request.socket,
      body: bodyOf(request, response, options),
      get signal() {
        return signalOf(response);
      },
    };
    return { call, handle };
  }

  /** A request that goes nowhere passes through the layers too: logs and limits are for all. */
  #find(method: string, path: string): { readonly target: Target; readonly handle: Handler } {
    try {
      return findRoute(this.#routes, method, path);
    } catch (error) {
      const handle = stack(() => Promise.reject(error), this.#layers);
      return { target: { route: "none", action: "ping", reference: "" }, handle };
    }
  }

  /** No new connections; requests under way get a while to end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#connections.stop();
    const late = setTimeout(() => this.#connections.closeAll(), this.#limits.drainMs);
    await closed;
    clearTimeout(late);
  }
}

/** Before a connection's handshake begins, the server gets what the files say now. */
function followed(server: SecureServer, tls: Pick<TlsFiles, "current">): SecureServer {
  let used = tls.current;
  return server.prependListener("connection", () => {
    const { current } = tls;
    if (current !== used) server.setSecureContext({ ...current });
    used = current;
  });
}

const signals = new WeakMap<ServerResponse, AbortSignal>();

/** Made when somebody asks: most requests are over before anyone could care. */
function signalOf(response: ServerResponse): AbortSignal {
  const known = signals.get(response);
  if (known !== undefined) return known;
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableEnded) controller.abort();
  });
  signals.set(response, controller.signal);
  return controller.signal;
}

const isDisconnect = (error: unknown): boolean =>
  ["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"].includes((error as NodeJS.ErrnoException).code ?? "");
