import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";

/** The body of what a URL names. Rejects with REQUEST_INVALID when it is no URL of HTTP, or cannot be had. */
export async function download(text: string, signal: AbortSignal): Promise<ByteStream> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new Failure("REQUEST_INVALID", { why: `${JSON.stringify(text)} is no http or https URL` });
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    throw new Failure("REQUEST_INVALID", { why: `downloading ${text} failed` }, { cause });
  });
  if (!response.ok || response.body === null)
    throw new Failure("REQUEST_INVALID", {
      why: `downloading ${text} failed: HTTP status ${response.status}`,
    });
  return response.body;
}
