import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Duplex } from "node:stream";
import { status } from "@grpc/grpc-js";
import { deferred } from "../../core/deferred.ts";
import { Failure } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import { frame, unframed } from "./framing.ts";
import type { Message } from "./message.ts";
import { decodeStatus, RpcError, STATUS_TRAILER } from "./status.ts";

export interface CallOptions extends Abortable {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}
/** A call whose messages go both ways. */
export interface Conversation<In, Out> extends AsyncDisposable {
  /** What the other side sends. Rejects with an RpcError when it ends the call with one. */
  readonly messages: AsyncIterable<In>;
  /** Resolves when there is room for more. */
  send(message: Out): Promise<void>;
  /** No more is sent. */
  end(): void;
}

/**
 * The client's side of gRPC on a socket that somebody else opened: grpc-js only calls over connections of its own.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export class Channel implements Disposable {
  readonly #session: ClientHttp2Session;
  readonly #gone = new AbortController();

  constructor(socket: Duplex) {
    this.#session = connect("http://session", { createConnection: () => socket });
    // What was under way fails with it; there is nobody else to tell.
    this.#session.on("error", () => this.#session.destroy());
    this.#session.once("close", () => this.#gone.abort(new Failure("SESSION_BROKEN", { why: "it ended" })));
  }

  /** Aborted when the connection is gone. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Rejects with an RpcError, or SESSION_BROKEN. */
  async call<In, Out>(
    method: string,
    types: { readonly request: Message<unknown, Out>; readonly response: Message<In, never> },
    request: Out,
    options: CallOptions = {},
  ): Promise<In> {
    await using talk = this.converse(method, types, options);
    await talk.send(request);
    talk.end();
    let answer: In | undefined;
    for await (const message of talk.messages) answer ??= message;
    if (answer === undefined)
      throw new Failure("SESSION_BROKEN", { why: `${method} was answered with nothing` });
    return answer;
  }

  converse<In, Out>(
    method: string,
    types: { readonly request: Message<unknown, Out>; readonly response: Message<In, never> },
    { headers = {}, signal }: CallOptions = {},
  ): Conversation<In, Out> {
    this.#gone.signal.throwIfAborted();
    const either = signal === undefined ? this.#gone.signal : AbortSignal.any([signal, this.#gone.signal]);
    const stream = this.#session.request(
      {
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()])),
        ":method": "POST",
        ":path": method,
        "content-type": "application/grpc",
        te: "trailers",
      },
      { signal: either },
    );
    const ended = endOf(stream, method);
    const { request, response } = types;
    async function* messages(): AsyncGenerator<In> {
      try {
        for await (const bytes of unframed(stream)) yield response.decode(bytes);
      } catch (error) {
        either.throwIfAborted();
        throw error;
      }
      await ended;
    }
    return {
      messages: messages(),
      async send(message) {
        either.throwIfAborted();
        if (!stream.write(frame(request.encode(message)))) await once(stream, "drain", { signal: either });
      },
      end: () => stream.end(),
      async [Symbol.asyncDispose]() {
        if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
      },
    };
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}

/** Settles with the status of a call, which comes in the trailers, or in the headers of an answer without a body. */
function endOf(stream: ClientHttp2Stream, method: string): Promise<void> {
  const { promise, resolve, reject } = deferred();
  const settle = (fields: Readonly<Record<string, unknown>>): void => {
    const code = Number(fields["grpc-status"]);
    if (fields["grpc-status"] === undefined) return;
    if (code === status.OK) resolve();
    else reject(rpcError(code, fields));
  };
  stream.once("response", settle);
  stream.once("trailers", settle);
  stream.once("error", reject);
  stream.once("close", () =>
    reject(new Failure("SESSION_BROKEN", { why: `${method} ended without a status` })),
  );
  // Whoever gave the call up does not ask how it ended.
  promise.catch(() => undefined);
  return promise;
}

/** A whole status, where one came, has the details that a code and a message have not. */
function rpcError(code: number, fields: Readonly<Record<string, unknown>>): RpcError {
  const whole = fields[STATUS_TRAILER];
  if (typeof whole === "string")
    try {
      return decodeStatus(Buffer.from(whole, "base64"));
    } catch {
      // What was sent beside it says enough.
    }
  return new RpcError(code, decodeMessage(fields["grpc-message"]));
}

function decodeMessage(text: unknown): string {
  if (typeof text !== "string") return "";
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
