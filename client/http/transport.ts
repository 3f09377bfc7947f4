import {
  Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  request,
} from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { Socket } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Document } from "../../core/document.ts";
import { formatEngineAddress } from "../../core/engine-address.ts";
import { Failure } from "../../core/errors.ts";
import { type Abortable, type ByteStream, readAll } from "../../core/streams.ts";
import { VERSION } from "../../core/version.ts";
import type { DaemonAddress } from "../address.ts";
import { dialSsh } from "../ssh.ts";
import type { ClientTls } from "../tls.ts";
import { failureOf } from "./failures.ts";
import { isDocument, isDocuments, isTexts } from "./fields.ts";
import { type Query, queryText } from "./query.ts";

export interface ApiRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** Below the version: "/containers/json". */
  readonly path: string;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A document, sent as JSON. */
  readonly json?: unknown;
  readonly stream?: ByteStream;
}
export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Read to its end, or destroyed, by whoever takes it. */
  readonly body: IncomingMessage;
}

/** An answer that is a document has at most so many bytes, a refusal so many. */
const LIMITS = { document: 64 << 20, refusal: 64 << 10 } as const;

/** Requests to one daemon. `begin` stands before every path: the version, once it is known. */
export class Transport implements Disposable {
  readonly address: DaemonAddress;
  begin: string;
  /** Whether it is Slipway's daemon, which knows its own paths and attributes too. */
  isOwn = false;
  readonly #options: RequestOptions;
  /** Of a connection that leaves HTTP, and so is no agent's. */
  readonly #ownConnection: RequestOptions;
  readonly #request: typeof request;
  readonly #agent: Agent;

  constructor(address: DaemonAddress, tls?: ClientTls) {
    this.address = address;
    this.begin = address.kind === "tcp" ? address.path : "";
    const secure = tls !== undefined && address.kind === "tcp";
    this.#request = secure ? (tlsRequest as typeof request) : request;
    this.#agent = secure ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
    this.#ownConnection = { agent: false };
    this.#options = optionsOf(address, secure ? tls : undefined);
    if (address.kind !== "ssh") return;
    const createConnection = (): Socket => dialSsh(address) as Socket;
    Object.assign(this.#agent, { createConnection });
    this.#ownConnection = { agent: undefined, createConnection };
  }

  /** Resolves with the head of an answer below 400. Rejects with the daemon's refusal, DAEMON_UNREACHABLE, CANCELLED. */
  async send(asked: ApiRequest, options: Abortable = {}): Promise<ApiAnswer> {
    const answer = await this.#exchange(asked, {}, options);
    if (!("status" in answer)) throw new Failure("DAEMON_ANSWER_INVALID", { why: "it left HTTP unasked" });
    return answer;
  }

  /** An answer without content, or whose content says nothing. */
  async done(asked: ApiRequest, options?: Abortable): Promise<void> {
    const { body } = await this.send(asked, options);
    for await (const _ of this.bytes(body));
  }

  async document(asked: ApiRequest, options?: Abortable): Promise<Document> {
    const value = await this.#json(asked, options);
    if (!isDocument(value)) throw new Failure("DAEMON_ANSWER_INVALID", { why: "expected a JSON object" });
    return value;
  }

  async documents(asked: ApiRequest, options?: Abortable): Promise<readonly Document[]> {
    // Go writes a list without members as null.
    const value = (await this.#json(asked, options)) ?? [];
    if (!isDocuments(value))
      throw new Failure("DAEMON_ANSWER_INVALID", { why: "expected a list of JSON objects" });
    return value;
  }

  async texts(asked: ApiRequest, options?: Abortable): Promise<readonly string[]> {
    const value = await this.#json(asked, options);
    if (!isTexts(value)) throw new Failure("DAEMON_ANSWER_INVALID", { why: "expected a list of texts" });
    return value;
  }

  /** The whole content of an answer that is small. */
  content(asked: ApiRequest, options?: Abortable): Promise<Buffer> {
    return this.#small(this.stream(asked, options), LIMITS.document);
  }

  /** The content of an answer as it comes. */
  async *stream(asked: ApiRequest, options?: Abortable): AsyncGenerator<Uint8Array> {
    const { body } = await this.send(asked, options);
    yield* this.bytes(body, options);
  }

  /** Leaves HTTP: resolves with the connection, of which the caller is the owner. */
  async hijack(asked: ApiRequest, protocol: string, options: Abortable = {}): Promise<Duplex> {
    const headers = { ...asked.headers, connection: "Upgrade", upgrade: protocol };
    const taken = await this.#exchange({ ...asked, headers }, this.#ownConnection, options);
    if (!("status" in taken)) return taken;
    taken.body.destroy();
    throw new Failure("DAEMON_ANSWER_INVALID", { why: `it did not switch to ${protocol}` });
  }

  /** The bytes of a body. Rejects with DAEMON_UNREACHABLE when the connection breaks, CANCELLED. */
  async *bytes(body: Readable, { signal }: Abortable = {}): AsyncGenerator<Uint8Array> {
    const stop = (): void => void body.destroy(new Failure("CANCELLED", { what: "the request" }));
    if (signal?.aborted === true) stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for await (const chunk of body) yield chunk as Uint8Array;
    } catch (cause) {
      throw this.#broken(cause, signal);
    } finally {
      signal?.removeEventListener("abort", stop);
      body.destroy();
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #json(asked: ApiRequest, options?: Abortable): Promise<unknown> {
    const raw = await this.content(asked, options);
    try {
      return JSON.parse(raw.toString());
    } catch (cause) {
      throw new Failure("DAEMON_ANSWER_INVALID", { why: "expected JSON" }, { cause });
    }
  }

  async #small(source: ByteStream, limit: number): Promise<Buffer> {
    try {
      return await readAll(source, limit);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new Failure("DAEMON_ANSWER_INVALID", { why: cause.message }, { cause });
    }
  }

  async #exchange(
    asked: ApiRequest,
    more: RequestOptions,
    { signal }: Abortable,
  ): Promise<ApiAnswer | Duplex> {
    const { method, path, query, json, stream, headers = {} } = asked;
    const text = json === undefined ? undefined : JSON.stringify(json);
    const length = text ?? (stream === undefined && method !== "GET" && method !== "HEAD" ? "" : undefined);
    const sent = this.#request({
      ...this.#options,
      agent: this.#agent,
      ...more,
      method,
      path: `${this.begin}${path}${queryText(query)}`,
      headers: {
        host: this.address.kind === "tcp" ? `${this.address.host}:${this.address.port}` : "localhost",
        "user-agent": `Slipway/${VERSION} (linux)`,
        ...(text === undefined ? {} : { "content-type": "application/json" }),
        ...(length === undefined ? {} : { "content-length": Buffer.byteLength(length) }),
        ...(headers as Readonly<Record<string, string | string[]>>),
      },
      ...(signal === undefined ? {} : { signal }),
    });
    const answered = new Promise<ApiAnswer | Duplex>((resolve, reject) => {
      sent.once("response", (body) => resolve({ status: body.statusCode ?? 0, headers: body.headers, body }));
      sent.once("upgrade", (_response, socket: Duplex, head: Buffer) => {
        if (head.byteLength > 0) socket.unshift(head);
        // Whoever reads or writes learns of what goes wrong.
        socket.on("error", () => undefined);
        resolve(socket);
      });
      sent.on("error", (cause) => reject(this.#broken(cause, signal)));
    });
    if (stream === undefined) sent.end(text);
    // A daemon that refuses stops reading: its answer says why.
    else void pipeline(Readable.from(stream), sent).catch((cause: Error) => sent.destroy(cause));
    const answer = await answered;
    if ("status" in answer && answer.status >= 400) throw await this.#refusal(answer);
    return answer;
  }

  async #refusal({ status, body }: ApiAnswer): Promise<Failure> {
    const raw = (await this.#small(this.bytes(body), LIMITS.refusal)).toString();
    try {
      const { message } = JSON.parse(raw) as { readonly message?: unknown };
      if (typeof message === "string" && message !== "") return failureOf(message, status);
    } catch {
      // Not of the daemon itself, as likely as not: its text says what it is.
    }
    const words = raw.trim().split("\n", 1)[0] ?? "";
    return failureOf(words === "" ? `the daemon answered with status ${status}` : words, status);
  }

  #broken(cause: unknown, signal: AbortSignal | undefined): unknown {
    if (cause instanceof Failure) return cause;
    if (signal?.aborted === true) return new Failure("CANCELLED", { what: "the request" }, { cause });
    const { code, message } = cause as NodeJS.ErrnoException;
    const hint = code === "EACCES" ? { hint: "become root, or join the group of the socket" } : {};
    const why = REASONS[code ?? ""] ?? message;
    return new Failure(
      "DAEMON_UNREACHABLE",
      { address: formatEngineAddress(this.address), why },
      { cause, ...hint },
    );
  }
}

function optionsOf(address: DaemonAddress, tls: ClientTls | undefined): RequestOptions {
  if (address.kind === "ssh") return {};
  if (address.kind === "unix") return { socketPath: address.socket };
  const { host, port } = address;
  if (tls === undefined) return { host, port };
  const { verify: rejectUnauthorized, ...files } = tls;
  return { host, port, ...files, rejectUnauthorized } as RequestOptions;
}

/** Without system calls and addresses, which Node adds. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  ECONNREFUSED: "connection refused",
  EACCES: "permission denied",
  ECONNRESET: "the connection was reset",
  ENOTFOUND: "no such host",
};
