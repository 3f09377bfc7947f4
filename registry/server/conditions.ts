import type { IncomingHttpHeaders } from "node:http";
import type { Digest } from "../../core/digest.ts";

/** RFC 9110, 13.1.2: the client has these bytes already. */
export function isUnchanged(headers: IncomingHttpHeaders, digest: Digest): boolean {
  const tags = headers["if-none-match"];
  if (tags === undefined) return false;
  return tags.split(",").some((tag) => {
    const text = tag.trim().replace(/^W\//, "");
    return text === "*" || text === `"${digest}"`;
  });
}

export type Selected = { readonly start: number; readonly end: number };

/**
 * The part of `size` bytes a Range header asks for, half open. Undefined: all of them, as for a header that is not understood or asks for several
 * parts (RFC 9110, 14.2 lets a server ignore it). "unsatisfiable": 416.
 */
export function selectRange(
  header: string | undefined,
  size: number,
): Selected | "unsatisfiable" | undefined {
  const [, first = "", last = ""] =
    /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replace(/\s/g, "") ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const count = Math.min(Number(last), size);
    return count === 0 ? "unsatisfiable" : { start: size - count, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "unsatisfiable" : { start, end };
}
