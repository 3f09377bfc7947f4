import { Failure } from "../../../core/errors.ts";
import { type HttpRequest, shownUrl } from "./message.ts";

/** How long is waited, in milliseconds. */
export const PATIENCE = {
  connect: 15_000,
  /** A registry may take its time to check what was uploaded. */
  answer: 300_000,
  /** Between two pieces of a body. */
  silence: 60_000,
} as const;

/** What answers does not speak HTTP, or not well; undici has many codes for it, and sometimes none. */
export const MALFORMED = "HTTP_MALFORMED";

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
  [MALFORMED]: "malformed HTTP response",
  UND_ERR_SOCKET: "the connection was closed before the answer was complete",
  UND_ERR_CONNECT_TIMEOUT: `no connection within ${PATIENCE.connect / 1000} seconds`,
  UND_ERR_HEADERS_TIMEOUT: `no answer within ${PATIENCE.answer / 1000} seconds`,
  UND_ERR_BODY_TIMEOUT: `nothing more was sent for ${PATIENCE.silence / 1000} seconds`,
};

/** What undici says of a proxy; its code is that of everything it breaks off. */
const TUNNEL_REFUSED = /^Proxy response \((\d+)\)/;
export const PROXY_REFUSED = "PROXY_REFUSED";

const UNVERIFIED = "tls: failed to verify certificate: x509:";
const TLS_REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: `${UNVERIFIED} certificate signed by unknown authority`,
  SELF_SIGNED_CERT_IN_CHAIN: `${UNVERIFIED} certificate signed by unknown authority`,
  UNABLE_TO_GET_ISSUER_CERT: `${UNVERIFIED} certificate signed by unknown authority`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `${UNVERIFIED} certificate signed by unknown authority`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `${UNVERIFIED} certificate signed by unknown authority`,
  CERT_HAS_EXPIRED: `${UNVERIFIED} certificate has expired or is not yet valid`,
};
/** OpenSSL's words for what is no TLS; the code is that of the write or the read that met it. */
const NO_TLS = /wrong version number|packet length too long|http request/;
const TLS_HINT =
  "put the registry's CA into /etc/docker/certs.d/<host>/ca.crt, or name the registry with --insecure-registry";

/** An error of the connection as a failure; what is none, and an abort, as it is. */
export function connectionFailure({ method, url, signal }: HttpRequest, error: unknown): unknown {
  if (signal?.aborted === true || !(error instanceof Error) || error instanceof Failure) return error;
  const code = error.name === "HTTPParserError" ? MALFORMED : (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  const what = `${method.charAt(0)}${method.slice(1).toLowerCase()} ${JSON.stringify(shownUrl(url))}`;
  const known = REASONS[code];
  if (known !== undefined) return new Failure("REGISTRY_UNREACHABLE", { url: what, why: known, code });
  const refused = TUNNEL_REFUSED.exec(error.message)?.[1];
  if (refused !== undefined) {
    const why = `the proxy answers ${refused} to CONNECT ${url.hostname}:${url.port || "443"}`;
    return new Failure("REGISTRY_UNREACHABLE", { url: what, why, code: PROXY_REFUSED });
  }
  const tls = TLS_REASONS[code] ?? tlsReason(code, error.message);
  if (tls !== undefined) return new Failure("REGISTRY_TLS", { url: what, why: tls }, { hint: TLS_HINT });
  return new Failure("REGISTRY_UNREACHABLE", { url: what, why: error.message, code });
}

function tlsReason(code: string, message: string): string | undefined {
  if (!/CERT|SSL|TLS|EPROTO/.test(code)) return undefined;
  return NO_TLS.test(message) ? "http: server gave HTTP response to HTTPS client" : `tls: ${message.trim()}`;
}
