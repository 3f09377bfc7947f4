import type { ErrorCode, ErrorKind } from "../../core/error-codes.ts";
import { describeError, Failure, isCode } from "../../core/errors.ts";
import type { Answer, HeaderValue } from "./call.ts";

interface Edge {
  readonly status: number;
  /** distribution-spec, "Error Codes". */
  readonly code: string;
}

/** What a failure becomes on the wire, where its kind does not say enough. */
const EDGES: Partial<Record<ErrorCode, Edge>> = {
  BLOB_UNKNOWN: { status: 404, code: "BLOB_UNKNOWN" },
  UPLOAD_INVALID: { status: 400, code: "BLOB_UPLOAD_INVALID" },
  UPLOAD_BUSY: { status: 409, code: "BLOB_UPLOAD_INVALID" },
  UPLOAD_OUT_OF_ORDER: { status: 416, code: "BLOB_UPLOAD_INVALID" },
  UPLOAD_UNKNOWN: { status: 404, code: "BLOB_UPLOAD_UNKNOWN" },
  DIGEST_INVALID: { status: 400, code: "DIGEST_INVALID" },
  DIGEST_MISMATCH: { status: 400, code: "DIGEST_INVALID" },
  SIZE_MISMATCH: { status: 400, code: "SIZE_INVALID" },
  RANGE_INVALID: { status: 416, code: "SIZE_INVALID" },
  MANIFEST_BLOB_UNKNOWN: { status: 400, code: "MANIFEST_BLOB_UNKNOWN" },
  MANIFEST_INVALID: { status: 400, code: "MANIFEST_INVALID" },
  MANIFEST_TOO_LARGE: { status: 413, code: "MANIFEST_INVALID" },
  MANIFEST_UNKNOWN: { status: 404, code: "MANIFEST_UNKNOWN" },
  REPOSITORY_NAME_INVALID: { status: 400, code: "NAME_INVALID" },
  REPOSITORY_UNKNOWN: { status: 404, code: "NAME_UNKNOWN" },
  TAG_INVALID: { status: 400, code: "MANIFEST_INVALID" },
  METHOD_UNSUPPORTED: { status: 405, code: "UNSUPPORTED" },
  TOO_MANY_ATTEMPTS: { status: 429, code: "TOOMANYREQUESTS" },
  TOO_MANY_UPLOADS: { status: 429, code: "TOOMANYREQUESTS" },
  UPSTREAM_BUSY: { status: 429, code: "TOOMANYREQUESTS" },
  UPSTREAM_UNAVAILABLE: { status: 503, code: "UNAVAILABLE" },
  UPSTREAM_INVALID: { status: 502, code: "UNAVAILABLE" },
};
const KINDS: Readonly<Record<ErrorKind, Edge>> = {
  invalid: { status: 400, code: "UNSUPPORTED" },
  "not-found": { status: 404, code: "NAME_UNKNOWN" },
  exists: { status: 409, code: "DENIED" },
  conflict: { status: 409, code: "DENIED" },
  unauthorized: { status: 401, code: "UNAUTHORIZED" },
  forbidden: { status: 403, code: "DENIED" },
  unsupported: { status: 405, code: "UNSUPPORTED" },
  unavailable: { status: 503, code: "TOOMANYREQUESTS" },
  corrupt: { status: 500, code: "UNKNOWN" },
  cancelled: { status: 499, code: "UNKNOWN" },
  internal: { status: 500, code: "UNKNOWN" },
};
const INTERNAL = KINDS.internal;
const RETRY_AFTER_S = 1;

/** The only place where a failure becomes a status. What is not a Failure is a fault of ours, whose words stay in the log. */
export function errorAnswer(error: unknown): Answer {
  const edge = edgeOf(error);
  const message = edge.status === 500 ? "internal error" : describeError(error);
  return {
    status: edge.status,
    headers: { "content-type": "application/json", ...extraHeaders(error, edge) },
    body: `${JSON.stringify({ errors: [{ code: edge.code, message, detail: detailOf(error, edge) }] })}\n`,
    reason: describeError(error),
  };
}

function edgeOf(error: unknown): Edge {
  if (!(error instanceof Failure)) return INTERNAL;
  const { code, kind }: Failure = error;
  return EDGES[code] ?? KINDS[kind];
}

const detailOf = (error: unknown, { status }: Edge): unknown =>
  error instanceof Failure && status !== 500 ? error.detail : undefined;

function extraHeaders(error: unknown, { status }: Edge): Readonly<Record<string, HeaderValue>> {
  if (isCode(error, "METHOD_UNSUPPORTED")) return { allow: error.detail.allow.join(", ") };
  if (isCode(error, "REPOSITORY_PROXIED")) return { allow: "GET, HEAD, DELETE" };
  if (isCode(error, "RANGE_INVALID")) return { "content-range": `bytes */${error.detail.size}` };
  if (isCode(error, "TOO_MANY_ATTEMPTS")) return { "retry-after": error.detail.seconds };
  return status === 429 || status === 503 ? { "retry-after": RETRY_AFTER_S } : {};
}
