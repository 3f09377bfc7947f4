import type { BuildResources } from "../../engine/api.ts";
import { readUlimit } from "../container/ulimit.ts";
import type { Flags, FlagValues } from "../flags.ts";

/** What limits and configures the containers of RUN. */
export const RESOURCE_FLAGS = {
  "cgroup-parent": { kind: "string", help: "Set the parent cgroup for the RUN instructions during build" },
  "cpu-period": { kind: "int", help: "Limit the CPU CFS (Completely Fair Scheduler) period" },
  "cpu-quota": { kind: "int", help: "Limit the CPU CFS (Completely Fair Scheduler) quota" },
  "cpu-shares": { kind: "int", short: "c", help: "CPU shares (relative weight)" },
  "cpuset-cpus": { kind: "string", help: "CPUs in which to allow execution (0-3, 0,1)" },
  "cpuset-mems": { kind: "string", help: "MEMs in which to allow execution (0-3, 0,1)" },
  dns: { kind: "list", help: "Set DNS servers for the RUN instructions during build" },
  "dns-option": { kind: "list", help: "Set DNS options for the RUN instructions during build" },
  "dns-search": { kind: "list", help: "Set DNS search domains for the RUN instructions during build" },
  memory: { kind: "bytes", short: "m", help: "Memory limit" },
  "memory-swap": {
    kind: "bytes",
    help: "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
  },
  "shm-size": { kind: "bytes", help: "Shared memory size for build containers" },
  ulimit: { kind: "list", type: "ulimit", help: "Ulimit options" },
} as const satisfies Flags;

const FIELDS = [
  ["cgroup-parent", "CgroupParent"],
  ["cpu-period", "CpuPeriod"],
  ["cpu-quota", "CpuQuota"],
  ["cpu-shares", "CpuShares"],
  ["cpuset-cpus", "CpusetCpus"],
  ["cpuset-mems", "CpusetMems"],
  ["dns", "Dns"],
  ["dns-option", "DnsOptions"],
  ["dns-search", "DnsSearch"],
  ["memory", "Memory"],
  ["memory-swap", "MemorySwap"],
  ["shm-size", "ShmSize"],
] as const satisfies readonly (readonly [keyof typeof RESOURCE_FLAGS, keyof BuildResources])[];

/** Only what was given. Throws OPTION_INVALID. */
export function readResources(flags: FlagValues<typeof RESOURCE_FLAGS>): BuildResources {
  const given = FIELDS.flatMap(([flag, field]) => {
    const value = flags[flag];
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined;
    return isGiven ? [[field, value] as const] : [];
  });
  const ulimits = flags.ulimit.map(readUlimit);
  return { ...Object.fromEntries(given), ...(ulimits.length === 0 ? {} : { Ulimits: ulimits }) };
}
