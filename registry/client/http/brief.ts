import { readAll } from "../../../core/streams.ts";
import { unlessAborted } from "../../../core/unless-aborted.ts";
import { PATIENCE } from "./connection-failure.ts";
import type { HttpRequest, HttpResponse } from "./message.ts";

/** KernelNetwork.exchangeOnLoopback. */
export type ExchangeOnLoopback = (
  port: number,
  request: Uint8Array,
  options: { readonly limit: number; readonly patienceMs: number },
) => Promise<Buffer>;

const LOOPBACK = new Set(["localhost", "127.0.0.1"]);
/** More than any manifest has; in bytes. */
const LIMIT = 8 << 20;
const END_OF_HEAD = "\r\n\r\n";
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: |$)/;
/** What servers say that want a newer HTTP. */
const TOO_OLD = new Set([426, 505]);

/** Whether exchangeBriefly() can send a request. */
export const isBrief = ({ brief = false, url, body }: HttpRequest): boolean =>
  brief && url.protocol === "http:" && LOOPBACK.has(url.hostname) && (body?.size ?? 0) <= LIMIT;

/**
 * Sends a small request to a registry on this machine, in HTTP/1.0 (RFC 1945), of which an answer ends where its connection does. The client that
 * speaks all of HTTP takes longer to load than such an exchange (docs/adr/0033-small-requests-on-loopback-are-native.md). Undefined when there is no
 * answer that could be understood; `request` may have been done all the same.
 */
export async function exchangeBriefly(
  exchange: ExchangeOnLoopback,
  request: HttpRequest,
  headers: Readonly<Record<string, string>>,
): Promise<HttpResponse | undefined> {
  const { method, url } = request;
  const body = request.body === undefined ? Buffer.alloc(0) : await readAll(await request.body.open(), LIMIT);
  const lines = [
    `${method} ${url.pathname}${url.search} HTTP/1.0`,
    ...Object.entries({ host: url.host, ...headers }).map(([name, value]) => `${name}: ${value}`),
  ];
  // Node's and undici's own clients refuse such a value as well, and say so.
  if (lines.some((line) => /[^\t\x20-\x7e]/.test(line))) return undefined;
  const head = Buffer.from(`${lines.join("\r\n")}${END_OF_HEAD}`, "latin1");
  const options = { limit: LIMIT, patienceMs: PATIENCE.answer };
  const answered = exchange(Number(url.port || 80), Buffer.concat([head, body]), options);
  const received = await unlessAborted(
    answered.catch(() => undefined),
    request.signal,
  );
  return received === undefined ? undefined : parseAnswer(url, received);
}

function parseAnswer(url: URL, received: Buffer): HttpResponse | undefined {
  const end = received.indexOf(END_OF_HEAD);
  const [first = "", ...fields] = received.subarray(0, Math.max(end, 0)).toString("latin1").split("\r\n");
  const status = Number(STATUS_LINE.exec(first)?.[1] ?? 0);
  if (status < 200 || TOO_OLD.has(status)) return undefined;
  const headers = new Map<string, string>();
  for (const field of fields) {
    const [, name = "", value = ""] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/.exec(field) ?? [];
    const known = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), known === undefined ? value : `${known}, ${value}`);
  }
  const body = received.subarray(end + END_OF_HEAD.length);
  const length = headers.get("content-length");
  const isWhole = length === undefined || Number(length) === body.byteLength;
  if (!isWhole || headers.has("transfer-encoding")) return undefined;
  return {
    status,
    url,
    header: (name) => headers.get(name),
    body: (async function* () {
      yield body;
    })(),
    discard: async () => undefined,
  };
}
