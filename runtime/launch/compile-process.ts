import { Failure } from "../../core/errors.ts";
import { CAPABILITIES } from "../spec/capabilities.ts";
import type { OciProcess } from "../spec/oci.ts";
import { RLIM_INFINITY, RLIMITS } from "./flags.ts";
import type { LaunchOp } from "./ops.ts";

/** The default of shells and of Docker. */
const DEFAULT_UMASK = 0o022;

export interface ProcessOptions {
  /** BPF of the seccomp filter. */
  readonly seccomp?: Uint8Array | undefined;
  readonly init?: boolean | undefined;
}

/** The set of capabilities as the kernel's bit mask; throws CAPABILITY_UNKNOWN. */
export function capabilityMask(names: readonly string[] = []): bigint {
  return names.reduce((mask, name) => {
    const bit = (CAPABILITIES as readonly string[]).indexOf(name);
    if (bit < 0) throw new Failure("CAPABILITY_UNKNOWN", { option: "process.capabilities", name });
    return mask | (1n << BigInt(bit));
  }, 0n);
}

/** JSON cannot carry RLIM_INFINITY exactly: everything beyond the safe integers, or negative, means it. */
const limit = (value: number): bigint =>
  Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : RLIM_INFINITY;

export function compileLimits(process: OciProcess): readonly LaunchOp[] {
  return (process.rlimits ?? []).map(({ type, soft, hard }) => {
    const resource = RLIMITS[type];
    if (resource === undefined)
      throw new Failure("OPTION_INVALID", { option: "process.rlimits", got: type, want: "an RLIMIT_ name" });
    return { op: "rlimit", resource, soft: limit(soft), hard: limit(hard) };
  });
}

/**
 * From root to what the process shall be. A filter needs either no_new_privs or CAP_SYS_ADMIN to be installed: without the
 * former it comes before the capabilities are given up, with it last, so that it need not allow what gives them up.
 */
export function compilePrivileges(process: OciProcess, filter?: Uint8Array): readonly LaunchOp[] {
  const { uid, gid, umask = DEFAULT_UMASK, additionalGids = [] } = process.user;
  const sets = process.capabilities;
  const seccomp: readonly LaunchOp[] = filter === undefined ? [] : [{ op: "seccomp", filter }];
  const identity: readonly LaunchOp[] = [
    { op: "user", uid, gid, umask, groups: additionalGids },
    {
      op: "capabilities",
      effective: capabilityMask(sets?.effective),
      permitted: capabilityMask(sets?.permitted),
      inheritable: capabilityMask(sets?.inheritable),
      ambient: capabilityMask(sets?.ambient),
    },
  ];
  const bounding: LaunchOp = { op: "bounding", keep: capabilityMask(sets?.bounding) };
  return process.noNewPrivileges === true
    ? [bounding, ...identity, { op: "noNewPrivileges" }, ...seccomp]
    : [bounding, ...seccomp, ...identity];
}

/** The end of every program: becoming the process. */
export function compileExec(process: OciProcess, options: ProcessOptions): readonly LaunchOp[] {
  return [
    { op: "ownStdio", uid: process.user.uid },
    { op: "park" },
    ...compilePrivileges(process, options.seccomp),
    ...(options.init === true ? [{ op: "init" } as const] : []),
    { op: "exec", args: process.args, env: process.env },
  ];
}
