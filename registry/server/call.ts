import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { ByteStream } from "../../core/streams.ts";
import type { FilePart } from "./send-file.ts";

/** What a request is about; made by the table of routes before any layer sees the call. */
export interface Target {
  /** The route's name, for logs and metrics: "manifest", "blob", "upload"… */
  readonly route: string;
  /** What access control has to allow. */
  readonly action: Action;
  /** Undefined for what belongs to no repository: the catalog, health. */
  readonly repository?: string;
  /** What stands after the repository's name: tag, digest or upload; not yet checked. */
  readonly reference: string;
}
export const ACTIONS = ["ping", "catalog", "pull", "push", "delete", "health", "token"] as const;
export type Action = (typeof ACTIONS)[number];

/** Who sends a request: an access layer finds out. One object per request, so that layers further out (logs, events) know it afterwards. */
export interface Caller {
  /** Undefined: nobody said who they are, or nobody asked. */
  user?: string;
  may: (action: Action, repository: string) => boolean;
}

/** One request, as handlers and layers see it. */
export interface Call {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string;
  readonly target: Target;
  readonly caller: Caller;
  /** True when the connection is TLS. */
  readonly secure: boolean;
  /** The body, once. A client that waits for "100 Continue" gets it at the first call. */
  readonly body: () => ByteStream;
  /** Aborted when the connection ends. */
  readonly signal: AbortSignal;
}

export type HeaderValue = string | number | readonly string[];
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  readonly body?: Uint8Array | string | Readable | FilePart;
  /** Why it is a refusal, for logs. */
  readonly reason?: string;
}

export type Handler = (call: Call) => Promise<Answer>;
/** Access, limits, logs, metrics, events: each is a function of the next. The first of a list is the outermost. */
export type Layer = (next: Handler) => Handler;

export const stack = (base: Handler, layers: readonly Layer[]): Handler =>
  layers.reduceRight((next, layer) => layer(next), base);

/** A request that is over: its answer has left, or its client has. */
export interface Exchange {
  readonly call: Call;
  readonly answer: Answer;
  /** Bytes of the two bodies, without headers. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly durationMs: number;
  /** Whether the last byte of the answer was handed on. */
  readonly complete: boolean;
}
/** Logs, metrics, events: called once for each request. What it throws is reported. */
export type Observer = (exchange: Exchange) => void;
