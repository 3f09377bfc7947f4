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

const withLines = (message: string, lines: string | undefined): string =>
  lines === undefined ? message : `${message}\n${lines}`;

/**
 * Every error a user can meet, by area. docs/errors.md describes each; a test holds the two together.
 * A code never changes its meaning; its message may become clearer.
 */
export const ERRORS = {
  // ── values ──────────────────────────────────────────────────────────────────────────────────────
  DIGEST_INVALID: define(
    "invalid",
    (d: { text: string }) =>
      `invalid digest ${JSON.stringify(d.text)}: expected sha256:<64 hex digits> or sha512:<128 hex digits>`,
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
  BLOB_TOO_LARGE: define(
    "invalid",
    (d: { digest: string; size: number; limit: number }) =>
      `blob ${d.digest} has ${d.size} bytes, a document may have ${d.limit}`,
  ),
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
  STORE_NEWER: define(
    "unsupported",
    (d: { path: string; have: number; want: number }) =>
      `${d.path} has schema ${d.have}, written by a later version: this one knows ${d.want}`,
  ),
  STORE_DRIVER_MISMATCH: define(
    "conflict",
    (d: { root: string; have: string; want: string }) =>
      `state root ${d.root} uses the snapshot driver ${d.have}, not ${d.want}`,
  ),
  STORE_DRIVER_UNUSABLE: define(
    "unsupported",
    (d: { driver: string; why: string }) => `the snapshot driver ${d.driver} does not work here: ${d.why}`,
  ),
  FILE_UNSUITABLE: define(
    "invalid",
    (d: { path: string; want: string }) => `${JSON.stringify(d.path)}: expected ${d.want}`,
  ),
  LEASE_ENDED: define("conflict", (d: { what: string }) => `the lease of ${d.what} has ended`),
  SNAPSHOT_UNKNOWN: define("not-found", (d: { key: string }) => `no such snapshot: ${d.key}`),
  SNAPSHOT_EXISTS: define("exists", (d: { key: string }) => `snapshot ${d.key} exists already`),
  LAYER_UNKNOWN: define("not-found", (d: { diffId: string }) => `layer ${d.diffId} is not in the store`),

  // ── image ───────────────────────────────────────────────────────────────────────────────────────
  IMAGE_UNKNOWN: define("not-found", (d: { reference: string }) => `No such image: ${d.reference}`),
  IMAGE_AMBIGUOUS: define(
    "conflict",
    (d: { prefix: string }) => `multiple image IDs found with provided prefix: ${d.prefix}`,
  ),
  ATTESTATION_UNKNOWN: define(
    "not-found",
    (d: { image: string }) => `nothing is attested of image ${d.image}`,
  ),
  ATTESTATION_TOO_LARGE: define(
    "invalid",
    (d: { type: string; bytes: number; limit: number }) =>
      `a predicate ${d.type} of ${d.bytes} bytes, at most ${d.limit} can be kept`,
  ),
  MANIFEST_INVALID: define("invalid", (d: { why: string }) => `invalid manifest: ${d.why}`),
  ARCHIVE_INVALID: define("invalid", (d: { why: string }) => `invalid archive: ${d.why}`),

  // ── builder ─────────────────────────────────────────────────────────────────────────────────────
  /** `line` and `endLine` count from 1; 0 when the fault is in no particular line. `excerpt`: the source around it, whole lines. */
  DOCKERFILE_INVALID: define(
    "invalid",
    (d: { file: string; line: number; endLine: number; message: string; excerpt?: string }) =>
      withLines(d.message, d.excerpt),
  ),
  DOCKERFILE_UNSUPPORTED: define(
    "unsupported",
    (d: { file: string; line: number; endLine: number; what: string; excerpt?: string }) =>
      withLines(`${d.what} is not supported`, d.excerpt),
  ),
  PATTERN_INVALID: define(
    "invalid",
    (d: { pattern: string; why: string }) => `invalid pattern ${JSON.stringify(d.pattern)}: ${d.why}`,
  ),
  BUILD_STEP_FAILED: define(
    "invalid",
    (d: {
      file: string;
      line: number;
      endLine: number;
      command: string;
      status: string;
      /** Source lines around the step, and the end of its output: whole lines, ready to be printed. */
      excerpt: string;
      output: string;
    }) =>
      [`${d.file}:${d.line}: ${d.command} did not complete successfully: ${d.status}`, d.excerpt, d.output]
        .filter((part) => part !== "")
        .join("\n"),
  ),
  BUILD_STEP_INVALID: define(
    "invalid",
    (d: { file: string; line: number; endLine: number; step: string }) => `${d.file}:${d.line}: ${d.step}`,
  ),
  COPY_SOURCE_MISSING: define(
    "not-found",
    (d: { source: string; where: string; why: string }) => `no such file in ${d.where}: ${d.source}${d.why}`,
  ),
  COPY_TARGET_INVALID: define("invalid", (d: { path: string; why: string }) => `${d.path}: ${d.why}`),
  CONTEXT_TOO_LARGE: define(
    "invalid",
    (d: { limit: number }) =>
      `the build context has more than ${d.limit} bytes, which is all there is room for`,
  ),
  ENTITLEMENT_MISSING: define(
    "forbidden",
    (d: { file: string; line: number; endLine: number; entitlement: string; excerpt?: string }) =>
      withLines(`${d.entitlement} is not allowed; allow it with --allow ${d.entitlement}`, d.excerpt),
  ),
  DOWNLOAD_FAILED: define(
    "unavailable",
    (d: { url: string; why: string }) => `download of ${d.url} failed: ${d.why}`,
  ),
  GIT_FAILED: define(
    "unavailable",
    (d: { remote: string; why: string }) => `git repository ${d.remote}: ${d.why}`,
  ),
  SECRET_UNKNOWN: define("not-found", (d: { id: string }) => `secret ${d.id}: not found`),
  SECRET_TOO_BIG: define(
    "invalid",
    (d: { id: string; limit: number }) => `secret ${d.id} has more than ${d.limit} bytes`,
  ),
  SSH_AGENT_UNKNOWN: define(
    "not-found",
    (d: { id: string }) => `no SSH key ${JSON.stringify(d.id)} forwarded`,
  ),
  CONTEXT_UNREADABLE: define("invalid", (d: { path: string }) => `cannot read the build context ${d.path}`),

  // ── registry ────────────────────────────────────────────────────────────────────────────────────
  REPOSITORY_NAME_INVALID: define(
    "invalid",
    (d: { name: string }) =>
      `invalid repository name ${JSON.stringify(d.name)}: expected lower case path components, at most 255 characters`,
  ),
  REPOSITORY_UNKNOWN: define("not-found", (d: { name: string }) => `repository ${d.name} is not known`),
  TAG_INVALID: define(
    "invalid",
    (d: { tag: string }) =>
      `invalid tag or digest ${JSON.stringify(d.tag)}: expected [A-Za-z0-9_][A-Za-z0-9_.-]{0,127} or <algorithm>:<hex digits>`,
  ),
  MANIFEST_UNKNOWN: define(
    "not-found",
    (d: { repository: string; reference: string }) => `manifest ${d.reference} is not in ${d.repository}`,
  ),
  MANIFEST_TOO_LARGE: define("invalid", (d: { limit: number }) => `manifest has more than ${d.limit} bytes`),
  MANIFEST_BLOB_UNKNOWN: define(
    "invalid",
    (d: { repository: string; digests: readonly string[] }) =>
      `the manifest names blobs that are not in ${d.repository}: ${d.digests.join(", ")}`,
  ),
  UPLOAD_UNKNOWN: define("not-found", (d: { upload: string }) => `upload ${d.upload} is not known`),
  UPLOAD_INVALID: define("invalid", (d: { why: string }) => d.why),
  UPLOAD_BUSY: define(
    "conflict",
    (d: { upload: string }) => `upload ${d.upload} is being written by another request`,
  ),
  /** `received`: how many bytes the upload has. */
  UPLOAD_OUT_OF_ORDER: define(
    "invalid",
    (d: { upload: string; received: number; got: number }) =>
      `upload ${d.upload} goes on at byte ${d.received}, got a chunk that begins at ${d.got}`,
  ),
  RANGE_INVALID: define(
    "invalid",
    (d: { range: string; size: number }) =>
      `range ${JSON.stringify(d.range)} is not in a blob of ${d.size} bytes`,
  ),
  REQUEST_INVALID: define("invalid", (d: { why: string }) => d.why),
  ROUTE_UNKNOWN: define("not-found", (d: { path: string }) => `no such end-point: ${d.path}`),
  METHOD_UNSUPPORTED: define(
    "unsupported",
    (d: { method: string; allow: readonly string[] }) =>
      `method ${d.method} is not supported here: expected ${d.allow.join(", ")}`,
  ),
  REGISTRY_LOCAL_ONLY: define(
    "forbidden",
    (d: { remote: string }) => `the registry serves only its own machine, the request came from ${d.remote}`,
  ),
  /** `where`: "rules[2].actions", or empty; `line` counts from 1. */
  ACCESS_FILE_INVALID: define(
    "invalid",
    (d: { file: string; line?: number; where?: string; why: string }) =>
      `${d.file}${d.line === undefined ? "" : `:${d.line}`}: ${d.where ? `${d.where}: ` : ""}${d.why}`,
  ),
  PASSWORD_INVALID: define("invalid", (d: { why: string }) => d.why),
  REGISTRY_USER_INVALID: define(
    "invalid",
    (d: { user: string; why: string }) => `invalid user name ${JSON.stringify(d.user)}: ${d.why}`,
  ),
  REGISTRY_USER_UNKNOWN: define("not-found", (d: { user: string }) => `no such registry user: ${d.user}`),
  REGISTRY_TOKEN_UNKNOWN: define("not-found", (d: { name: string }) => `no such registry token: ${d.name}`),
  REGISTRY_NAME_TAKEN: define(
    "exists",
    (d: { name: string; by: "user" | "token" }) => `${d.name} is the name of a registry ${d.by} already`,
  ),
  REGISTRY_RULE_UNKNOWN: define(
    "not-found",
    (d: { user: string; repository?: string }) =>
      `no rule of the policy is for ${d.user}${d.repository === undefined ? "" : ` in ${d.repository}`}`,
  ),
  REGISTRY_PLAIN_HTTP: define(
    "forbidden",
    (d: { address: string }) => `passwords would cross the network unencrypted: ${d.address} is not TLS`,
  ),
  REGISTRY_TLS_INVALID: define("invalid", (d: { file: string; why: string }) => `${d.file}: ${d.why}`),
  LOGIN_REQUIRED: define("unauthorized", () => "authentication required"),
  CREDENTIALS_INVALID: define("unauthorized", (d: { why: string }) => d.why),
  BEARER_INVALID: define("unauthorized", (d: { why: string }) => `invalid token: ${d.why}`),
  SCOPE_INSUFFICIENT: define(
    "unauthorized",
    (d: { scope: string }) => `the token does not allow what was asked for: it needs ${d.scope}`,
  ),
  /** Begins in the words docker's users know. */
  ACCESS_DENIED: define(
    "forbidden",
    (d: { user: string; action: string; repository?: string }) =>
      `requested access to the resource is denied: ${d.user} may not ${d.action}${d.repository === undefined ? "" : ` ${d.repository}`}`,
  ),
  TOO_MANY_ATTEMPTS: define(
    "unavailable",
    (d: { seconds: number }) => `too many failed logins: try again in ${d.seconds} s`,
  ),
  TOKEN_REQUEST_INVALID: define("invalid", (d: { why: string }) => `invalid token request: ${d.why}`),
  TOO_MANY_UPLOADS: define(
    "unavailable",
    (d: { limit: number }) => `more than ${d.limit} uploads at the same time`,
  ),
  /** `upstream`: its URL. */
  UPSTREAM_UNAVAILABLE: define(
    "unavailable",
    (d: { upstream: string; why: string }) => `the upstream ${d.upstream} cannot be asked: ${d.why}`,
  ),
  UPSTREAM_DENIED: define(
    "forbidden",
    (d: { upstream: string; why: string }) => `the upstream ${d.upstream} does not allow it: ${d.why}`,
  ),
  UPSTREAM_INVALID: define(
    "unavailable",
    (d: { upstream: string; why: string }) => `the upstream ${d.upstream} gave a wrong answer: ${d.why}`,
  ),
  UPSTREAM_BUSY: define(
    "unavailable",
    (d: { limit: number }) => `more than ${d.limit} blobs are being fetched from upstreams`,
  ),
  REPOSITORY_PROXIED: define(
    "unsupported",
    (d: { repository: string; upstream: string }) =>
      `${d.repository} is a cache of ${d.upstream}: push there, or to another repository`,
  ),

  // ── runtime ─────────────────────────────────────────────────────────────────────────────────────
  CONTAINER_UNKNOWN: define("not-found", (d: { container: string }) => `No such container: ${d.container}`),
  CONTAINER_AMBIGUOUS: define(
    "invalid",
    (d: { prefix: string }) => `multiple IDs found with provided prefix: ${d.prefix}`,
  ),
  CONTAINER_NAME_INVALID: define(
    "invalid",
    (d: { name: string }) => `Invalid container name (${d.name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
  ),
  CONTAINER_NAME_TAKEN: define(
    "conflict",
    (d: { name: string; by: string }) =>
      `Conflict. The container name "/${d.name}" is already in use by container "${d.by}". You have to remove (or rename) that container to be able to reuse that name.`,
  ),
  CONTAINER_CONFIG_INVALID: define("invalid", (d: { why: string }) => d.why),
  CONTAINER_RUNNING: define(
    "conflict",
    (d: { container: string; state: string }) =>
      `cannot remove container "${d.container}": container is ${d.state}: stop the container before removing or force remove`,
  ),
  CONTAINER_NOT_RUNNING: define(
    "conflict",
    (d: { container: string }) => `container ${d.container} is not running`,
  ),
  CONTAINER_PAUSED: define(
    "conflict",
    (d: { container: string; to: string }) =>
      `Container ${d.container} is paused, unpause the container before ${d.to}`,
  ),
  CONTAINER_RESTARTING: define(
    "conflict",
    (d: { container: string }) =>
      `Container ${d.container} is restarting, wait until the container is running`,
  ),
  CONTAINER_ALREADY_PAUSED: define(
    "conflict",
    (d: { container: string }) => `Container ${d.container} is already paused`,
  ),
  CONTAINER_NOT_PAUSED: define(
    "conflict",
    (d: { container: string }) => `Container ${d.container} is not paused`,
  ),
  CAPABILITY_UNKNOWN: define(
    "invalid",
    (d: { option: string; name: string }) =>
      `invalid ${d.option}: unknown capability: ${JSON.stringify(d.name)}`,
  ),
  SIGNAL_INVALID: define("invalid", (d: { text: string }) => `invalid signal: ${d.text}`),
  EXEC_UNKNOWN: define("not-found", (d: { exec: string }) => `No such exec instance: ${d.exec}`),
  EXEC_STARTED: define("conflict", (d: { exec: string; status: string }) =>
    d.status === "running"
      ? `Error: Exec command ${d.exec} is already running`
      : `Error: Exec command ${d.exec} has already run`,
  ),
  EXEC_NOT_RUNNING: define("conflict", (d: { exec: string }) => `exec process ${d.exec} is not running`),
  EXEC_NOT_FOUND: define(
    "not-found",
    (d: { program: string; why: string }) => `exec: ${JSON.stringify(d.program)}: ${d.why}`,
  ),
  EXEC_DENIED: define(
    "forbidden",
    (d: { program: string; why: string }) => `exec: ${JSON.stringify(d.program)}: ${d.why}`,
  ),
  EXEC_FORMAT: define("invalid", (d: { program: string }) => `exec ${d.program}: exec format error`),
  LAUNCH_FAILED: define(
    "internal",
    (d: { operation: string; errno: string; why: string }) => `${d.operation}: ${d.why}`,
  ),
  SHIM_UNREACHABLE: define(
    "unavailable",
    (d: { socket: string; why: string }) => `the container's shim at ${d.socket} does not answer: ${d.why}`,
  ),
  CGROUP_FAILED: define(
    "unavailable",
    (d: { path: string; what: string }) => `control group ${d.path}: ${d.what}`,
  ),
  NETWORK_UNKNOWN: define("not-found", (d: { network: string }) => `network ${d.network} not found`),
  NETWORK_AMBIGUOUS: define(
    "invalid",
    (d: { prefix: string; matches: number }) =>
      `network ${d.prefix} is ambiguous (${d.matches} matches found based on ID prefix)`,
  ),
  NETWORK_EXISTS: define(
    "exists",
    (d: { network: string }) => `network with name ${d.network} already exists`,
  ),
  NETWORK_INVALID: define(
    "invalid",
    /** `why` is the whole sentence, in Docker's words where it has them. */
    (d: { why: string }) => d.why,
  ),
  NETWORK_PREDEFINED: define("forbidden", (d: { network: string; change: "create" | "remove" }) =>
    d.change === "create"
      ? `operation is not permitted on predefined ${d.network} network`
      : `${d.network} is a pre-defined network and cannot be removed`,
  ),
  NETWORK_IN_USE: define(
    "forbidden",
    (d: { network: string; users: readonly { readonly name: string; readonly id: string }[] }) =>
      `error while removing network: network ${d.network} has active endpoints (${d.users
        .map(({ name, id }) => `name:${JSON.stringify(name)} id:${JSON.stringify(id)}`)
        .join(", ")})`,
  ),
  NETWORK_SUBNET_OVERLAPS: define(
    "forbidden",
    (d: { subnet: string; other: string; network: string }) =>
      `invalid pool request: Pool overlaps with other one on this address space: ${d.subnet} and ${d.other} of network ${d.network}`,
  ),
  NETWORK_FULL: define(
    "unavailable",
    (d: { network: string; subnet: string }) =>
      `no available IPv4 addresses on network ${d.network} (${d.subnet})`,
  ),
  ADDRESS_TAKEN: define(
    "conflict",
    (d: { address: string; network: string }) =>
      `Address already in use: ${d.address} on network ${d.network}`,
  ),
  ENDPOINT_INVALID: define(
    "invalid",
    (d: { network: string; faults: readonly string[] }) =>
      `invalid config for network ${d.network}: invalid endpoint settings:\n${
        d.faults.length === 1 ? d.faults[0] : d.faults.map((fault) => `* ${fault}`).join("\n")
      }`,
  ),
  ENDPOINT_EXISTS: define(
    "forbidden",
    (d: { container: string; network: string }) =>
      `endpoint with name ${d.container} already exists in network ${d.network}`,
  ),
  ENDPOINT_UNKNOWN: define(
    "forbidden",
    (d: { container: string; network: string }) =>
      `container ${d.container} is not connected to network ${d.network}`,
  ),
  NETWORK_SUBNET_TAKEN: define(
    "unavailable",
    (d: { tried: string }) => `no private subnet is free for a bridge network: tried ${d.tried}`,
  ),
  PORT_ALLOCATED: define(
    "conflict",
    (d: { address: string }) => `Bind for ${d.address} failed: port is already allocated`,
  ),
  PORT_TAKEN: define(
    "conflict",
    (d: { binding: string; why: string }) => `failed to bind host port for ${d.binding}: ${d.why}`,
  ),
  IPV6_UNAVAILABLE: define(
    "unavailable",
    (d: { missing: string }) =>
      `this host has no IPv6 (${d.missing} is not there): a network can only have IPv4 here`,
  ),
  FIREWALL_FAILED: define(
    "unavailable",
    (d: { what: string; why: string }) => `${d.what} by nftables failed: ${d.why}`,
  ),
  MOUNT_SPEC_INVALID: define(
    "invalid",
    (d: { spec: string; why?: string }) =>
      `invalid volume specification: '${d.spec}'${d.why === undefined ? "" : `: ${d.why}`}`,
  ),
  VOLUME_NAME_INVALID: define(
    "invalid",
    (d: { name: string }) =>
      `create ${d.name}: ${JSON.stringify(d.name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  ),
  VOLUME_OPTIONS_INVALID: define(
    "invalid",
    (d: { name: string; why: string }) => `create ${d.name}: ${d.why}`,
  ),
  VOLUME_MOUNT_FAILED: define(
    "internal",
    (d: { mountpoint: string; device: string; why: string }) =>
      `error while mounting volume '${d.mountpoint}': failed to mount local volume: mount ${d.device}:${d.mountpoint}: ${d.why}`,
  ),
  VOLUME_IN_MEMORY: define(
    "conflict",
    (d: { name: string; by: string }) =>
      `volume ${d.name} is memory (type=tmpfs) of the running container ${d.by}: containers that run at once cannot share it; stop that one first, or use a volume on disk`,
  ),
  VOLUME_UNKNOWN: define("not-found", (d: { name: string }) => `get ${d.name}: no such volume`),
  VOLUME_IN_USE: define(
    "conflict",
    (d: { name: string; by: readonly string[] }) =>
      `remove ${d.name}: volume is in use - [${d.by.join(", ")}]`,
  ),

  // ── registries ──────────────────────────────────────────────────────────────────────────────────
  /** `url`: 'Get "https://host/v2/"'; `code`: the system's name of the error. */
  REGISTRY_UNREACHABLE: define(
    "unavailable",
    (d: { url: string; why: string; code: string }) => `${d.url}: ${d.why}`,
  ),
  REGISTRY_TLS: define("unavailable", (d: { url: string; why: string }) => `${d.url}: ${d.why}`),
  REGISTRY_UNAUTHORIZED: define(
    "unauthorized",
    (d: { url: string; why: string }) => `${d.url}: unauthorized: ${d.why}`,
  ),
  /** `why` is the whole sentence, in Docker's words. */
  REGISTRY_DENIED: define("forbidden", (d: { why: string }) => d.why),
  REGISTRY_REFUSED: define(
    "unavailable",
    (d: { url: string; status: number; why: string }) => `${d.url}: ${d.why} (HTTP status ${d.status})`,
  ),
  REGISTRY_ANSWER_INVALID: define("corrupt", (d: { url: string; why: string }) => `${d.url}: ${d.why}`),
  REMOTE_IMAGE_UNKNOWN: define(
    "not-found",
    (d: { reference: string; why: string }) => `manifest for ${d.reference} not found: ${d.why}`,
  ),
  MANIFEST_SCHEMA1: define(
    "unsupported",
    (d: { reference: string }) =>
      `${d.reference} is in Docker image manifest version 2, schema 1, which no tool writes any more: expected schema 2 or OCI`,
  ),
  PLATFORM_MISSING: define(
    "not-found",
    (d: { reference: string; platform: string }) =>
      `no matching manifest for ${d.platform} in the manifest list entries of ${d.reference}`,
  ),
  MANIFEST_LIST_EXISTS: define(
    "exists",
    (d: { name: string }) => `refusing to amend the existing manifest list ${d.name}`,
  ),
  MANIFEST_LIST_UNKNOWN: define("not-found", (d: { name: string }) => `no such manifest list: ${d.name}`),
  PUSH_NOTHING: define(
    "not-found",
    (d: { repository: string }) => `An image does not exist locally with the tag: ${d.repository}`,
  ),
  DOCKER_CONFIG_INVALID: define("invalid", (d: { path: string; why: string }) => `${d.path}: ${d.why}`),
  CREDENTIAL_HELPER_FAILED: define(
    "unavailable",
    (d: { helper: string; why: string }) => `error getting credentials - ${d.helper}: ${d.why}`,
  ),

  // ── engine and command line ─────────────────────────────────────────────────────────────────────
  TEMPLATE_INVALID: define("invalid", (d: { why: string }) => `template parsing error: ${d.why}`),
  SIZE_INVALID: define("invalid", (d: { text: string }) => `invalid size: '${d.text}'`),
  DURATION_INVALID: define(
    "invalid",
    (d: { text: string; why: string }) => `time: ${d.why} ${JSON.stringify(d.text)}`,
  ),
  /** A flag the command does not have, or a value it cannot read, in the words of docker's client. */
  FLAG_INVALID: define("invalid", (d: { why: string }) => d.why),
  ARGUMENTS_INVALID: define("invalid", (d: { why: string }) => d.why),
  COMMAND_UNKNOWN: define("invalid", (d: { command: string }) => `unknown command: ${d.command}`),
  OPTIONS_CONFLICT: define(
    "invalid",
    (d: { one: string; other: string }) => `conflicting options: ${d.one} and ${d.other}`,
  ),
  CIDFILE_EXISTS: define(
    "exists",
    (d: { path: string }) =>
      `container ID file found, make sure the other container isn't running or delete ${d.path}`,
  ),
  /** `known`: the filters there are. */
  FILTER_UNKNOWN: define(
    "invalid",
    (d: { filter: string; known: readonly string[] }) =>
      `invalid filter '${d.filter}': expected one of ${d.known.join(", ")}`,
  ),
  TERMINAL_REQUIRED: define("invalid", () => "the input device is not a TTY"),
  TERMINAL_REFUSED: define("invalid", (d: { what: string }) => `cowardly refusing to ${d.what} a terminal`),
  /** `why` is the whole sentence, in Docker's words. */
  LOGIN_INVALID: define("invalid", (d: { why: string }) => d.why),
  LOGIN_TERMINAL_REQUIRED: define(
    "invalid",
    () => "Cannot perform an interactive login from a non TTY device",
  ),
  INPUT_REQUIRED: define("invalid", () => "requested input from standard input, but it is a terminal"),
  ATTACH_STOPPED: define("conflict", (d: { status: string }) =>
    d.status === "paused"
      ? "cannot attach to a paused container, unpause it first"
      : d.status === "restarting"
        ? "cannot attach to a restarting container, wait until it is running"
        : "cannot attach to a stopped container, start it first",
  ),
  PLATFORM_MISMATCH: define(
    "unsupported",
    (d: { reference: string; want: string; got: string }) =>
      `image ${d.reference} is for ${d.got}, but ${d.want} was asked for`,
  ),
  /** `why` is the whole sentence, in Docker's words. */
  IMAGE_IN_USE: define("conflict", (d: { why: string }) => d.why),
  OBJECT_UNKNOWN: define("not-found", (d: { name: string }) => `No such object: ${d.name}`),
  PORT_NOT_PUBLISHED: define(
    "not-found",
    (d: { port: string; container: string }) => `no public port '${d.port}' published for ${d.container}`,
  ),
  CONTAINER_PATH_UNKNOWN: define(
    "not-found",
    (d: { path: string; container: string }) =>
      `Could not find the file ${d.path} in container ${d.container}`,
  ),
  COPY_INVALID: define("invalid", (d: { why: string }) => d.why),
  CONTEXT_INVALID: define("invalid", (d: { why: string }) => `unable to prepare context: ${d.why}`),
  DOCKERFILE_UNREADABLE: define(
    "not-found",
    (d: { file: string; why: string }) => `failed to read dockerfile: open ${d.file}: ${d.why}`,
  ),
  BAKE_FILES_MISSING: define(
    "not-found",
    (d: { names: string }) => `couldn't find a bake definition, expected one of ${d.names}`,
  ),
  BAKE_FILE_UNREADABLE: define("not-found", (d: { file: string }) => `failed to read bake file ${d.file}`),
  BAKE_FILE_INVALID: define(
    "invalid",
    (d: { file: string; line: number; why: string }) => `${d.file}:${d.line}: ${d.why}`,
  ),
  BAKE_TARGET_UNKNOWN: define(
    "not-found",
    (d: { name: string; known: string }) =>
      `failed to find target ${d.name}${d.known === "" ? ", as there is none" : `, expected one of ${d.known}`}`,
  ),
  BAKE_CYCLE: define("invalid", (d: { path: string }) => `targets need each other: ${d.path}`),

  BUILD_RECORD_UNKNOWN: define("not-found", (d: { build: string }) =>
    d.build === "" ? "no record of a build" : `no record of a build: ${d.build}`,
  ),
  BUILD_RECORD_AMBIGUOUS: define(
    "invalid",
    (d: { prefix: string }) => `multiple builds found with provided prefix: ${d.prefix}`,
  ),
  BUILD_STATE_GONE: define(
    "not-found",
    (d: { build: string }) => `nothing is left of a failed step of build ${d.build}`,
  ),
  DEBUG_SHELL_MISSING: define(
    "not-found",
    () => "the failed step's image has no shell, and there is no static busybox to lend it",
  ),
  BUILD_RUNNING: define("conflict", (d: { build: string }) => `build ${d.build} is running`),

  // ── daemon ──────────────────────────────────────────────────────────────────────────────────────
  PAGE_UNKNOWN: define("not-found", () => "page not found"),
  SWARM_INACTIVE: define(
    "unavailable",
    () =>
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  ),
  SWARM_VOLUMES_ABSENT: define(
    "unavailable",
    () => "volume update only valid for cluster volumes, but swarm is unavailable",
  ),
  SWARM_ABSENT: define("unavailable", () => "This node is not part of a swarm"),
  PLUGIN_UNKNOWN: define(
    "not-found",
    (d: { plugin: string }) => `plugin ${JSON.stringify(d.plugin)} not found`,
  ),
  LOG_UNREADABLE: define("unsupported", () => "configured logging driver does not support reading"),
  TCP_EXPOSED: define(
    "forbidden",
    (d: { address: string }) =>
      `everybody who reaches ${d.address} could become root of this machine: ask for clients' certificates with --tlsverify, or say --insecure-tcp`,
  ),
  TLS_FILE_INVALID: define("invalid", (d: { file: string; why: string }) => `${d.file}: ${d.why}`),
  CONFIG_FILE_INVALID: define(
    "invalid",
    (d: { file: string; why: string }) => `unable to configure the daemon with file ${d.file}: ${d.why}`,
  ),
  DAEMON_RUNNING: define(
    "conflict",
    (d: { path: string; pid: number }) => `process with PID ${d.pid} is still running: ${d.path} names it`,
  ),
  SESSION_BROKEN: define("unavailable", (d: { why: string }) => `the client's session is broken: ${d.why}`),
  SESSION_UNKNOWN: define("not-found", (d: { session: string }) => `no active session for ${d.session}`),
  SESSION_EXISTS: define("conflict", (d: { session: string }) => `session ${d.session} already exists`),
  BUILD_UNKNOWN: define("not-found", (d: { build: string }) => `no such job ${d.build}`),
  API_TOO_OLD: define(
    "invalid",
    (d: { asked: string; min: string }) =>
      `client version ${d.asked} is too old. Minimum supported API version is ${d.min}, please upgrade your client to a newer version`,
  ),
  API_TOO_NEW: define(
    "invalid",
    (d: { asked: string; max: string }) =>
      `client version ${d.asked} is too new. Maximum supported API version is ${d.max}`,
  ),

  // ── commands that use a daemon ──────────────────────────────────────────────────────────────────
  CONTEXT_UNKNOWN: define(
    "not-found",
    (d: { name: string }) => `context ${JSON.stringify(d.name)}: context not found`,
  ),
  CONTEXT_EXISTS: define(
    "exists",
    (d: { name: string }) => `context ${JSON.stringify(d.name)} already exists`,
  ),
  CONTEXT_IN_USE: define(
    "conflict",
    (d: { name: string }) => `context ${JSON.stringify(d.name)} is in use, set -f flag to force remove`,
  ),
  DAEMON_UNREACHABLE: define(
    "unavailable",
    (d: { address: string; why: string }) =>
      `cannot connect to the Docker daemon at ${d.address}. Is the docker daemon running? (${d.why})`,
  ),
  DAEMON_TOO_OLD: define(
    "unsupported",
    (d: { address: string; has: string; min: string }) =>
      `the daemon at ${d.address} speaks version ${d.has} of the Docker Engine API, ${d.min} is the oldest known here`,
  ),
  DAEMON_ANSWER_INVALID: define(
    "unavailable",
    (d: { why: string }) => `the daemon's answer is none: ${d.why}`,
  ),
  DAEMON_BAD_REQUEST: define("invalid", (d: { message: string }) => d.message),
  DAEMON_NOT_FOUND: define("not-found", (d: { message: string }) => d.message),
  DAEMON_CONFLICT: define("conflict", (d: { message: string }) => d.message),
  DAEMON_UNAUTHORIZED: define("unauthorized", (d: { message: string }) => d.message),
  DAEMON_FORBIDDEN: define("forbidden", (d: { message: string }) => d.message),
  DAEMON_FAILED: define("internal", (d: { message: string }) => d.message),
  DAEMON_LACKS: define("unsupported", (d: { what: string }) => `${d.what} cannot be done through a daemon`),
} as const;

export type ErrorCode = keyof typeof ERRORS;
export type Detail<C extends ErrorCode> = Parameters<(typeof ERRORS)[C]["message"]>[0];
