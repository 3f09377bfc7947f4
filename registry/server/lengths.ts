import type { IncomingHttpHeaders } from "node:http";
import { Failure } from "../../core/errors.ts";

/**
 * Where the bytes of a request belong and how many there are, from Content-Range (the spec's own form, without a unit: first-last, both counted in)
 * and Content-Length. Throws UPLOAD_INVALID when they contradict each other.
 */
export function parseLength(headers: IncomingHttpHeaders): {
  readonly start: number | undefined;
  readonly length: number | undefined;
} {
  const announced = headers["content-length"] === undefined ? undefined : Number(headers["content-length"]);
  const range = headers["content-range"];
  if (range === undefined) return { start: undefined, length: announced };
  const [, first, last] = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(range) ?? [];
  if (first === undefined || last === undefined)
    throw new Failure("UPLOAD_INVALID", {
      why: `cannot read Content-Range ${JSON.stringify(range.slice(0, 80))}: expected <first byte>-<last byte>`,
    });
  const start = Number(first);
  const length = Number(last) - start + 1;
  // Nothing from nowhere: some clients send 0-0 for an empty chunk.
  if (announced === 0 && length === 1) return { start, length: 0 };
  if (length < 1 || (announced !== undefined && announced !== length))
    throw new Failure("UPLOAD_INVALID", {
      why: `Content-Range ${range} does not agree with Content-Length ${announced ?? "(none)"}`,
    });
  return { start, length };
}
