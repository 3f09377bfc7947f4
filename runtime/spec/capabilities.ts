import { Failure } from "../../core/errors.ts";

/** In the kernel's numbering: linux/capability.h. */
export const CAPABILITIES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
] as const;
const KNOWN: ReadonlySet<string> = new Set(CAPABILITIES);

/** What a container has unless told otherwise; the same set as Docker's. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

export interface CapabilityRequest {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly privileged: boolean;
  /** The bounding set of this process: nothing beyond it can be given. */
  readonly available: readonly string[];
}

/** "net_admin" → "CAP_NET_ADMIN", "all" → "ALL"; throws CAPABILITY_UNKNOWN. */
function normalized(option: "CapAdd" | "CapDrop", names: readonly string[]): readonly string[] {
  return names.map((name) => {
    const upper = name.toUpperCase();
    if (upper === "ALL") return upper;
    const full = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
    if (!KNOWN.has(full)) throw new Failure("CAPABILITY_UNKNOWN", { option, name: full });
    return full;
  });
}

/**
 * The capabilities of a container by Docker's rules: privileged has all that are available; "ALL" among the additions means all but the dropped;
 * "ALL" among the dropped means only the added; else the default ones without the dropped, then the added.
 */
export function resolveCapabilities(request: CapabilityRequest): readonly string[] {
  const add = normalized("CapAdd", request.add);
  const drop = new Set(normalized("CapDrop", request.drop));
  if (request.privileged) return request.available;
  const added = add.filter((name) => name !== "ALL");
  if (add.includes("ALL")) return request.available.filter((name) => !drop.has(name));
  if (drop.has("ALL")) return [...new Set(added)];
  return [...new Set([...DEFAULT_CAPABILITIES.filter((name) => !drop.has(name)), ...added])];
}

/** Reads a mask of /proc/<pid>/status ("CapBnd:	000001ffffffffff") into names. */
export function capabilitiesOfMask(hex: string): readonly string[] {
  const mask = BigInt(`0x${hex.trim()}`);
  return CAPABILITIES.filter((_, bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
}
