import type { ErrorCode } from "../../core/error-codes.ts";
import { Failure } from "../../core/errors.ts";

type Meaning = "UPSTREAM_UNAVAILABLE" | "UPSTREAM_DENIED" | "UPSTREAM_INVALID";

/** What a failure of the client, or of a check of what it brought, says of the upstream. */
const MEANINGS: Partial<Record<ErrorCode, Meaning>> = {
  REGISTRY_UNREACHABLE: "UPSTREAM_UNAVAILABLE",
  REGISTRY_TLS: "UPSTREAM_UNAVAILABLE",
  REGISTRY_UNAUTHORIZED: "UPSTREAM_DENIED",
  REGISTRY_DENIED: "UPSTREAM_DENIED",
  CREDENTIAL_HELPER_FAILED: "UPSTREAM_DENIED",
  REGISTRY_ANSWER_INVALID: "UPSTREAM_INVALID",
  DIGEST_MISMATCH: "UPSTREAM_INVALID",
  SIZE_MISMATCH: "UPSTREAM_INVALID",
  UPLOAD_INVALID: "UPSTREAM_INVALID",
  MANIFEST_INVALID: "UPSTREAM_INVALID",
  MANIFEST_SCHEMA1: "UPSTREAM_INVALID",
};

/** An error as the upstream's; what is none of its, as it is. */
export function upstreamFailure(upstream: string, error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  const { code, message, detail }: Failure = error;
  const meaning =
    code === "REGISTRY_REFUSED" ? refused(detail as { readonly status: number }) : MEANINGS[code];
  return meaning === undefined ? error : new Failure(meaning, { upstream, why: message }, { cause: error });
}

const refused = ({ status }: { readonly status: number }): Meaning =>
  status >= 500 || status === 429 || status === 408 ? "UPSTREAM_UNAVAILABLE" : "UPSTREAM_INVALID";
