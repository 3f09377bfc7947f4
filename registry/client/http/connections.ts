import type { Dispatcher } from "undici";
import { Failure } from "../../../core/errors.ts";
import type { ByteStream } from "../../../core/streams.ts";
import { readCertificates, systemAuthorities } from "./certificates.ts";
import { type HttpRequest, type HttpResponse, type Send, shownUrl } from "./message.ts";
import { type Environment, proxyFor } from "./proxies.ts";
import type { Trust } from "./trust.ts";

export interface ConnectionOptions {
  readonly env: Environment;
  readonly trust: Trust;
  readonly userAgent: string;
  /** Folders in the form of /etc/docker/certs.d. */
  readonly certificates: readonly string[];
}

const CONNECT_MS = 15_000;
/** A registry may take its time to check what was uploaded. */
const HEADERS_MS = 300_000;
/** Between two pieces of a body. */
const SILENCE_MS = 60_000;
const DISCARD_LIMIT = 64 << 10;

type Undici = Pick<typeof import("undici"), "request" | "Agent" | "ProxyAgent">;

/** The connections of one client, kept open for reuse; closed when disposed. The one user of undici, which the first request loads. */
export class Connections implements AsyncDisposable {
  readonly #options: ConnectionOptions;
  readonly #dispatchers = new Map<string, Dispatcher>();
  #undici: Promise<Undici> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  readonly send: Send = async (request) => {
    request.signal?.throwIfAborted();
    this.#undici ??= import("undici");
    const undici = await this.#undici;
    try {
      const body = await request.body?.open();
      const response = await undici.request(request.url, {
        dispatcher: this.#dispatcher(undici, request.url),
        method: request.method,
        headers: this.#headers(request),
        headersTimeout: HEADERS_MS,
        bodyTimeout: SILENCE_MS,
        ...(body === undefined ? {} : { body: body as unknown as Dispatcher.DispatchOptions["body"] & {} }),
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      return answer(request, response);
    } catch (error) {
      throw connectionFailure(request, error);
    }
  };

  #headers({ headers, body }: HttpRequest): Record<string, string> {
    return {
      "user-agent": this.#options.userAgent,
      ...headers,
      ...(body === undefined ? {} : { "content-length": String(body.size) }),
    };
  }

  #dispatcher(undici: Undici, url: URL): Dispatcher {
    const known = this.#dispatchers.get(url.origin);
    if (known !== undefined) return known;
    const dispatcher = this.#open(undici, url);
    this.#dispatchers.set(url.origin, dispatcher);
    return dispatcher;
  }

  #open({ Agent, ProxyAgent }: Undici, url: URL): Dispatcher {
    const { env } = this.#options;
    const secure = url.protocol === "https:";
    const tls = secure ? this.#tls(url.host) : {};
    const proxy = proxyFor(url, env);
    if (proxy === undefined) return new Agent({ connect: { timeout: CONNECT_MS, ...tls } });
    return new ProxyAgent({
      uri: proxy.href,
      requestTls: { timeout: CONNECT_MS, ...tls },
      // A plain request is handed to the proxy, as every other client does; only TLS is tunnelled.
      proxyTunnel: secure,
      ...(proxy.protocol === "https:" ? { proxyTls: { ca: [...systemAuthorities(env)] } } : {}),
    });
  }

  #tls(host: string): object {
    const { env, trust, certificates } = this.#options;
    const { ca, clients } = readCertificates(namesOf(host), certificates);
    const [client] = clients;
    return {
      ca: [...systemAuthorities(env), ...ca],
      ...client,
      ...(trust.wasInsecure(host) ? { rejectUnauthorized: false } : {}),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const dispatchers = [...this.#dispatchers.values()];
    this.#dispatchers.clear();
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()));
  }
}

function answer(request: HttpRequest, response: Dispatcher.ResponseData): HttpResponse {
  return {
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
    },
  };
}

async function* reading(request: HttpRequest, body: AsyncIterable<Uint8Array>): ByteStream {
  try {
    yield* body;
  } catch (error) {
    throw connectionFailure(request, error);
  }
}

/** The names a host's folder in certs.d may have: a URL does not say the scheme's own port. */
const namesOf = (host: string): readonly string[] => (/:\d+$/.test(host) ? [host] : [host, `${host}:443`]);

/** Why there is no answer, in the words Docker's users know. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "connection reset by peer",
  EPIPE: "broken pipe",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "temporary failure in name resolution",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "connect: connection timed out",
  UND_ERR_CONNECT_TIMEOUT: `no connection within ${CONNECT_MS / 1000} seconds`,
  UND_ERR_HEADERS_TIMEOUT: `no answer within ${HEADERS_MS / 1000} seconds`,
  UND_ERR_BODY_TIMEOUT: `nothing more was sent for ${SILENCE_MS / 1000} seconds`,
  UND_ERR_SOCKET: "the connection was closed before the answer was complete",
};
const UNVERIFIED = "tls: failed to verify certificate: x509:";
const TLS_REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: `${UNVERIFIED} certificate signed by unknown authority`,
  SELF_SIGNED_CERT_IN_CHAIN: `${UNVERIFIED} certificate signed by unknown authority`,
  UNABLE_TO_GET_ISSUER_CERT: `${UNVERIFIED} certificate signed by unknown authority`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `${UNVERIFIED} certificate signed by unknown authority`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `${UNVERIFIED} certificate signed by unknown authority`,
  CERT_HAS_EXPIRED: `${UNVERIFIED} certificate has expired or is not yet valid`,
  ERR_SSL_WRONG_VERSION_NUMBER: "http: server gave HTTP response to HTTPS client",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "http: server gave HTTP response to HTTPS client",
};
const TLS_HINT =
  "put the registry's CA into /etc/docker/certs.d/<host>/ca.crt, or name the registry with --insecure-registry";

/** An error of the connection as a failure; what is none, and an abort, as it is. */
function connectionFailure({ method, url, signal }: HttpRequest, error: unknown): unknown {
  if (signal?.aborted === true || !(error instanceof Error) || error instanceof Failure) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const what = `${method.charAt(0)}${method.slice(1).toLowerCase()} ${JSON.stringify(shownUrl(url))}`;
  const known = REASONS[code];
  if (known !== undefined) return new Failure("REGISTRY_UNREACHABLE", { url: what, why: known, code });
  const tls = TLS_REASONS[code] ?? (/CERT|SSL|TLS|EPROTO/.test(code) ? `tls: ${error.message}` : undefined);
  if (tls !== undefined) return new Failure("REGISTRY_TLS", { url: what, why: tls }, { hint: TLS_HINT });
  return new Failure("REGISTRY_UNREACHABLE", { url: what, why: error.message, code });
}
