import type { IncomingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import type { ByteStream } from "../../core/streams.ts";

/** One request, as a handler sees it. */
export interface Call<Params = unknown, Query = unknown, Body = unknown> {
  /** What stands in the path where the route's pattern has names. */
  readonly params: Params;
  readonly query: Query;
  /** Undefined where the route has no schema for it. */
  readonly body: Body;
  /** The body as it comes, for routes without a schema; to be read at most once. */
  readonly stream: ByteStream;
  /** The minor number of the API version the client speaks: 51 for "1.51". */
  readonly api: number;
  readonly headers: IncomingHttpHeaders;
  /** Aborted when the client goes away before it was answered. */
  readonly signal: AbortSignal;
}

/** An answer with one of these statuses; a connection that is taken over is 101, or 200 where the client asked for no upgrade. */
export type Answer<Status extends number = number> =
  | Document<Status>
  | Stream<Status>
  | (101 extends Status ? Hijack | Switch : never);

/** A whole answer; without `json` and `text` it has no body. */
export interface Document<Status extends number = number> {
  readonly status: Status;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Headers;
}
/** An answer that goes on: its head is sent at once, its body as it comes. */
export interface Stream<Status extends number = number> {
  readonly status: Status;
  readonly stream: ByteStream;
  readonly headers: Headers;
}
/** From now on the connection carries bytes of its own in both directions. */
export interface Hijack {
  readonly contentType: string;
  /** What it rejects with ends the connection; nobody is told. */
  readonly hijack: (connection: Connection) => Promise<void>;
}
/** From now on the connection speaks another protocol. Only for requests that asked for it: see requireUpgrade(). */
export interface Switch {
  readonly protocol: string;
  /** Owns the socket, and must do something about its end. */
  readonly take: (socket: Duplex) => void;
}
export type Headers = Readonly<Record<string, string>>;

export interface Connection {
  /** What the client sends; ends when it says no more, while output goes on. One reader. */
  readonly input: ByteStream;
  /** Resolves when there is room for more. Rejects when the client is gone. */
  write(data: Uint8Array): Promise<void>;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

export const ok = (json: unknown): Document<200> => ({ status: 200, json });
export const created = (json: unknown): Document<201> => ({ status: 201, json });
export const DONE: Document<200> = { status: 200 };
export const NO_CONTENT: Document<204> = { status: 204 };
export const NOT_MODIFIED: Document<304> = { status: 304 };
