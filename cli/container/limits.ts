import type { HostConfig } from "../../engine/api.ts";
import type { Flags, FlagValues } from "../flags.ts";

/** Limits of control groups, of `run`, `create` and `update`. */
export const LIMIT_FLAGS = {
  "blkio-weight": {
    kind: "int",
    help: "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)",
  },
  "cpu-period": { kind: "int", help: "Limit CPU CFS (Completely Fair Scheduler) period" },
  "cpu-quota": { kind: "int", help: "Limit CPU CFS (Completely Fair Scheduler) quota" },
  "cpu-shares": { kind: "int", short: "c", help: "CPU shares (relative weight)" },
  cpus: { kind: "decimal", help: "Number of CPUs" },
  "cpuset-cpus": { kind: "string", help: "CPUs in which to allow execution (0-3, 0,1)" },
  "cpuset-mems": { kind: "string", help: "MEMs in which to allow execution (0-3, 0,1)" },
  memory: { kind: "bytes", short: "m", help: "Memory limit" },
  "memory-reservation": { kind: "bytes", help: "Memory soft limit" },
  "memory-swap": {
    kind: "bytes",
    help: "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
  },
  "pids-limit": { kind: "int", help: "Tune container pids limit (set -1 for unlimited)" },
} as const satisfies Flags;

/** Flag and field of those that are passed on as they are. */
const FIELDS = [
  ["memory", "Memory"],
  ["memory-swap", "MemorySwap"],
  ["cpu-shares", "CpuShares"],
  ["cpu-period", "CpuPeriod"],
  ["cpu-quota", "CpuQuota"],
  ["cpuset-cpus", "CpusetCpus"],
  ["pids-limit", "PidsLimit"],
  ["cpuset-mems", "CpusetMems"],
  ["memory-reservation", "MemoryReservation"],
  ["blkio-weight", "BlkioWeight"],
] as const;

const NANO = 1e9;

export function readLimits(flags: FlagValues<typeof LIMIT_FLAGS>): Partial<HostConfig> {
  const given = FIELDS.flatMap(([flag, field]) => {
    const value = flags[flag];
    return value === undefined ? [] : [[field, value] as const];
  });
  const { cpus } = flags;
  return {
    ...Object.fromEntries(given),
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(Number(cpus) * NANO) }),
  };
}
