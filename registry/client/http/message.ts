import type { ByteStream } from "../../../core/streams.ts";
import type { Scope } from "../../shared/scope.ts";

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** What the request needs the right to do. */
  readonly scopes?: readonly Scope[];
  /** True when a second attempt would not mean the same as the first. */
  readonly once?: boolean;
  /** True when it and its answer are small, and a second attempt means the same as the first. */
  readonly brief?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Opened anew for every attempt, so that a request can be repeated. `size` in bytes; undefined when only its end tells. */
export interface Body {
  readonly size: number | undefined;
  open(): ByteStream | Promise<ByteStream>;
}

export interface HttpResponse {
  readonly status: number;
  /** The URL that answered, after redirects. */
  readonly url: URL;
  /** `name` in lower case. */
  header(name: string): string | undefined;
  /** Read to its end, or discard()ed, by whoever takes the response. */
  readonly body: ByteStream;
  discard(): Promise<void>;
}

/** Rejects with REGISTRY_UNREACHABLE or REGISTRY_TLS when there is no answer; any status is an answer. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

export type Middleware = (next: Send) => Send;

/** The last of `layers` is the first to see a request. */
export const stack = (base: Send, ...layers: readonly Middleware[]): Send =>
  layers.reduce((next, layer) => layer(next), base);

/** A body that is in memory. */
export const bytesBody = (bytes: Uint8Array): Body => ({
  size: bytes.byteLength,
  async *open() {
    yield bytes;
  },
});

/** A URL without what may be secret: credentials, and queries, where storage services put signatures. */
export const shownUrl = (url: URL): string => `${url.origin}${url.pathname}`;
