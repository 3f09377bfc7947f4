import type { ErrorCode, ErrorKind } from "../../core/error-codes.ts";
import { Failure, messageOf } from "../../core/errors.ts";
import type { Document } from "./call.ts";

/** The only place where a failure becomes a status of the API. */
const BY_KIND: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  "not-found": 404,
  exists: 409,
  conflict: 409,
  unauthorized: 401,
  forbidden: 403,
  unsupported: 400,
  unavailable: 503,
  corrupt: 500,
  cancelled: 499,
  internal: 500,
};
/** Where the engine's answer is another than that of its kind. */
const BY_CODE: Partial<Record<ErrorCode, number>> = {
  // The container exists; what is missing is inside it.
  EXEC_NOT_FOUND: 400,
  EXEC_DENIED: 400,
  IMAGE_AMBIGUOUS: 400,
  PORT_ALLOCATED: 500,
  LOG_UNREADABLE: 501,
  PORT_TAKEN: 500,
  NETWORK_FULL: 500,
  SHIM_UNREACHABLE: 500,
  CGROUP_FAILED: 500,
  FIREWALL_FAILED: 500,
  REGISTRY_UNREACHABLE: 500,
  REGISTRY_TLS: 500,
  REGISTRY_REFUSED: 500,
  REGISTRY_ANSWER_INVALID: 500,
  REGISTRY_DENIED: 404,
};

export function statusOf(error: unknown): number {
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if (!(e instanceof Failure)) continue;
    const { code, kind }: Failure = e;
    return BY_CODE[code] ?? BY_KIND[kind];
  }
  return 500;
}

export const errorAnswer = (error: unknown): Document => ({
  status: statusOf(error),
  json: { message: messageOf(error) },
});
