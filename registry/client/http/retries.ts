import { setTimeout as sleep } from "node:timers/promises";
import { isCode } from "../../../core/errors.ts";
import { MALFORMED, PROXY_REFUSED } from "./connection-failure.ts";
import type { HttpRequest, HttpResponse, Middleware } from "./message.ts";

const STATUSES = new Set([408, 429, 500, 502, 503, 504]);
const ATTEMPTS = 5;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;
/** A registry that asks for more patience is answered with its own error. */
const LONGEST_RETRY_AFTER_MS = 120_000;

export interface RetryOptions {
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly now?: () => number;
}

/**
 * Repeats requests that met a lost connection, a full or a failing registry: up to five attempts, each after twice as long, or after what
 * Retry-After says. Requests marked `once` are left alone.
 */
export function retrying(options: RetryOptions = {}): Middleware {
  const { wait = pause, random = Math.random, now = Date.now } = options;
  return (next) => async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === ATTEMPTS || request.once === true;
      const outcome = await attemptOnce(next, request, last);
      if ("response" in outcome && !STATUSES.has(outcome.response.status)) return outcome.response;
      const backOff = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS) * (0.75 + random() / 2);
      const delay = "response" in outcome ? (retryAfter(outcome.response, now()) ?? backOff) : backOff;
      if ("response" in outcome) {
        if (last || delay > LONGEST_RETRY_AFTER_MS) return outcome.response;
        await outcome.response.discard();
      }
      await wait(delay, request.signal);
    }
  };
}

type Outcome = { readonly response: HttpResponse } | { readonly error: unknown };

async function attemptOnce(
  next: (request: HttpRequest) => Promise<HttpResponse>,
  request: HttpRequest,
  last: boolean,
): Promise<Outcome> {
  try {
    return { response: await next(request) };
  } catch (error) {
    if (last || !isTransient(error)) throw error;
    return { error };
  }
}

/** What will not come back soon: a name nobody knows, a port nobody listens on, a proxy that does not want to, a server of something else. */
const LASTING = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ENETUNREACH",
  PROXY_REFUSED,
  MALFORMED,
]);

/** True for a connection that was lost or was not made in time, and may be tried again. */
export const isTransient = (error: unknown): boolean =>
  isCode(error, "REGISTRY_UNREACHABLE") && !LASTING.has(error.detail.code);

/** RFC 9110, section 10.2.3: seconds, or a date. */
function retryAfter(response: HttpResponse, now: number): number | undefined {
  const value = response.header("retry-after");
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}

const pause = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
  await sleep(ms, undefined, signal === undefined ? {} : { signal });
};
