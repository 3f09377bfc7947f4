import type { IncomingHttpHeaders } from "node:http";
import { Failure } from "../../core/errors.ts";
import { type ByteStream, readAll } from "../../core/streams.ts";

/** No document of the API comes near it. */
const LIMIT = 4 << 20;

/** The JSON document of a request; undefined when it has no body. Rejects with REQUEST_INVALID in the engine's words. */
export async function readJson(stream: ByteStream, headers: IncomingHttpHeaders): Promise<unknown> {
  const bytes = await readAll(stream, LIMIT).catch((cause: unknown) => {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Failure("REQUEST_INVALID", { why: `request body too large: ${cause.message}` }, { cause });
  });
  if (bytes.byteLength === 0) return undefined;
  requireJson(headers["content-type"]);
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    // V8 quotes what surrounds the mistake, which may be a password.
    const what = (cause as Error).message.replace(/, (?:\.\.\.)?".*/s, "");
    throw new Failure("REQUEST_INVALID", { why: `invalid JSON: ${what}` });
  }
}

function requireJson(type = ""): void {
  const media = type.split(";", 1)[0]?.trim().toLowerCase();
  if (media === "application/json") return;
  const why = `unsupported Content-Type header (${type}): must be 'application/json'`;
  throw new Failure("REQUEST_INVALID", { why });
}
