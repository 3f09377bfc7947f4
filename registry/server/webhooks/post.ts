import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { ENVELOPE, type RegistryEvent } from "./event.ts";
import type { Endpoint } from "./webhook-file.ts";

const TIMEOUT_MS = 10_000;

/** What became of a delivery; `permanent`: the receiver will not take it at another time either. */
export type Outcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly why: string; readonly permanent: boolean };

/** Sends events in one envelope. Never rejects; the words of a failure have neither URL nor headers in them. */
export function post(
  { url, headers }: Endpoint,
  events: readonly RegistryEvent[],
  signal: AbortSignal,
): Promise<Outcome> {
  const body = JSON.stringify({ events });
  const send = url.startsWith("https:") ? secure : plain;
  const failed = (why: string, permanent = false): Outcome => ({ ok: false, why, permanent });
  const sent = new Promise<Outcome>((resolve) => {
    const late = AbortSignal.timeout(TIMEOUT_MS);
    const options = {
      method: "POST",
      headers: {
        "user-agent": "slipway",
        ...headers,
        "content-type": ENVELOPE,
        "content-length": Buffer.byteLength(body),
      },
      signal: AbortSignal.any([signal, late]),
    };
    send(url, options, (response) => {
      const { statusCode: status = 0 } = response;
      response.destroy();
      if (status >= 200 && status < 300) resolve({ ok: true });
      // RFC 9110: what a client error says of one request it says of its repetition, but for these two.
      else resolve(failed(`status ${status}`, status < 500 && status !== 408 && status !== 429));
    })
      .on("error", (error: NodeJS.ErrnoException) =>
        resolve(failed(late.aborted ? `no answer in ${TIMEOUT_MS / 1000} s` : (error.code ?? error.name))),
      )
      .end(body);
  });
  return sent.catch((error: NodeJS.ErrnoException) => failed(error.code ?? error.name, true));
}
