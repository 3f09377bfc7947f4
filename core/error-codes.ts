export const ERROR_KINDS = [
  "invalid",
  "not-found",
  "exists",
  "conflict",
  "unauthorized",
  "forbidden",
  "unsupported",
  "unavailable",
  "corrupt",
  "cancelled",
  "internal",
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

interface Definition<D extends object> {
  readonly kind: ErrorKind;
  readonly message: (detail: D) => string;
}
const define = <D extends object>(kind: ErrorKind, message: (detail: D) => string): Definition<D> => ({
  kind,
  message,
});

/**
 * Every error a user can meet, by area. docs/errors.md describes each; a test holds the two together.
 * A code never changes its meaning; its message may become clearer.
 */
export const ERRORS = {
  // ── values ──────────────────────────────────────────────────────────────────────────────────────
  DIGEST_INVALID: define(
    "invalid",
    (d: { text: string }) => `invalid digest ${JSON.stringify(d.text)}: expected sha256:<64 hex digits>`,
  ),
  REFERENCE_INVALID: define(
    "invalid",
    /** `why` is the whole sentence, in Docker's words. */
    (d: { text: string; why: string }) => d.why,
  ),
  PLATFORM_INVALID: define(
    "invalid",
    (d: { text: string }) => `invalid platform ${JSON.stringify(d.text)}: expected os/architecture[/variant]`,
  ),
  OPTION_INVALID: define(
    "invalid",
    (d: { option: string; got: string; want: string }) =>
      `invalid value ${JSON.stringify(d.got)} for ${d.option}: expected ${d.want}`,
  ),
  OPTION_UNSUPPORTED: define("unsupported", (d: { option: string }) => `${d.option} is not supported`),
  CANCELLED: define("cancelled", (d: { what: string }) => `${d.what} was cancelled`),
  USER_UNKNOWN: define(
    "invalid",
    (d: { user: string }) => `unable to find user ${d.user}: no matching entries in passwd file`,
  ),
  GROUP_UNKNOWN: define(
    "invalid",
    (d: { group: string }) => `unable to find group ${d.group}: no matching entries in group file`,
  ),
  USER_ID_INVALID: define(
    "invalid",
    (d: { text: string }) => `invalid id ${d.text}: uids and gids must be in range 0-2147483647`,
  ),

  // ── native ──────────────────────────────────────────────────────────────────────────────────────
  ADDON_MISSING: define(
    "unavailable",
    (d: { path: string }) => `the native addon ${d.path} cannot be loaded`,
  ),
  SYSCALL_FAILED: define(
    "internal",
    (d: { syscall: string; errno: string; path?: string }) =>
      `${d.syscall}${d.path === undefined ? "" : ` ${d.path}`}: ${d.errno}`,
  ),

  // ── store ───────────────────────────────────────────────────────────────────────────────────────
  BLOB_UNKNOWN: define("not-found", (d: { digest: string }) => `blob ${d.digest} is not in the store`),
  DIGEST_MISMATCH: define(
    "corrupt",
    (d: { want: string; got: string }) =>
      `content does not match its digest: expected ${d.want}, got ${d.got}`,
  ),
  SIZE_MISMATCH: define(
    "corrupt",
    (d: { digest: string; want: number; got: number }) =>
      `blob ${d.digest} has ${d.got} bytes, expected ${d.want}`,
  ),
  LAYER_UNKNOWN: define("not-found", (d: { diffId: string }) => `layer ${d.diffId} is not in the store`),

  // ── image ───────────────────────────────────────────────────────────────────────────────────────
  IMAGE_UNKNOWN: define("not-found", (d: { reference: string }) => `No such image: ${d.reference}`),
  MANIFEST_INVALID: define("invalid", (d: { why: string }) => `invalid manifest: ${d.why}`),
  ARCHIVE_INVALID: define("invalid", (d: { why: string }) => `invalid archive: ${d.why}`),

  // ── builder ─────────────────────────────────────────────────────────────────────────────────────
  /** `line` and `endLine` count from 1; 0 when the fault is in no particular line. */
  DOCKERFILE_INVALID: define(
    "invalid",
    (d: { file: string; line: number; endLine: number; message: string }) => d.message,
  ),
  DOCKERFILE_UNSUPPORTED: define(
    "unsupported",
    (d: { file: string; line: number; endLine: number; what: string }) => `${d.what} is not supported`,
  ),
  PATTERN_INVALID: define(
    "invalid",
    (d: { pattern: string; why: string }) => `invalid pattern ${JSON.stringify(d.pattern)}: ${d.why}`,
  ),

  // ── runtime ─────────────────────────────────────────────────────────────────────────────────────
  CONTAINER_UNKNOWN: define("not-found", (d: { container: string }) => `No such container: ${d.container}`),

  // ── engine and command line ─────────────────────────────────────────────────────────────────────
} as const;

export type ErrorCode = keyof typeof ERRORS;
export type Detail<C extends ErrorCode> = Parameters<(typeof ERRORS)[C]["message"]>[0];
