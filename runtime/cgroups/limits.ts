import type { OciResources } from "../spec/oci.ts";

/** One file to write below a container's group; in the order given. */
export interface LimitWrite {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
  /** Said when the controller or the file is missing: what is lost. */
  readonly warning: string;
}

type Compiled = readonly LimitWrite[];

const missing = (what: string): string =>
  `this system has no ${what} control group or it is not mounted: limit discarded`;

const write = (
  path: string,
  value: string | number | undefined,
  warning = missing(path.split(".", 1)[0] ?? path),
): Compiled => {
  if (value === undefined) return [];
  return [{ controller: path.split(".", 1)[0] ?? path, file: path, value: String(value), warning }];
};

const NO_WEIGHT = "this kernel does not support block I/O weight: weight discarded";
const NO_SWAPPINESS = "control groups of version 2 have no memory swappiness: swappiness discarded";
const NO_OOM_CONTROL = "control groups of version 2 cannot disable the OOM killer: it stays enabled";
const NO_SWAP_LIMIT = "this kernel cannot limit swap: memory is limited without swap";

/** https://docs.kernel.org/admin-guide/cgroup-v1/ */
export function compileLegacyLimits({ memory, cpu, pids, blockIO }: OciResources): Compiled {
  return [
    ...write("memory.soft_limit_in_bytes", memory?.reservation),
    ...write("memory.swappiness", memory?.swappiness),
    ...write("memory.oom_control", memory?.disableOOMKiller === true ? 1 : undefined),
    ...write("blkio.weight", blockIO?.weight, NO_WEIGHT),
    ...write("memory.limit_in_bytes", memory?.limit),
    ...write("memory.memsw.limit_in_bytes", memory?.swap, NO_SWAP_LIMIT),
    ...write("cpu.shares", cpu?.shares),
    ...write("cpu.cfs_period_us", cpu?.period),
    ...write("cpu.cfs_quota_us", cpu?.quota),
    ...write("cpuset.cpus", cpu?.cpus),
    ...write("cpuset.mems", cpu?.mems),
    ...write("pids.max", pids === undefined || pids.limit > 0 ? pids?.limit : "max"),
  ];
}

/** v1's 2…262144 (1024 by default) on v2's scale of 1…10000 (100 by default), as runc maps it. */
const weightOf = (shares: number): number =>
  1 + Math.floor(((Math.min(Math.max(shares, 2), 262_144) - 2) * 9999) / 262_142);

function unifiedCpu(cpu: OciResources["cpu"]): Compiled {
  if (cpu === undefined) return [];
  const { quota, period, shares, cpus, mems } = cpu;
  const limited = quota !== undefined || period !== undefined;
  const max = `${quota === undefined || quota < 0 ? "max" : quota} ${period ?? 100_000}`;
  return [
    ...write("cpu.weight", shares === undefined ? undefined : weightOf(shares)),
    ...write("cpu.max", limited ? max : undefined),
    ...write("cpuset.cpus", cpus),
    ...write("cpuset.mems", mems),
  ];
}

/** https://docs.kernel.org/admin-guide/cgroup-v2.html; `memory.swap` of the OCI is memory and swap together, here it is swap alone. */
export function compileUnifiedLimits({ memory, cpu, pids, blockIO }: OciResources): Compiled {
  const swap =
    memory?.swap === undefined || memory.limit === undefined
      ? undefined
      : memory.swap < 0
        ? "max"
        : memory.swap - memory.limit;
  return [
    ...write("memory.max", memory?.limit),
    ...write("memory.swap.max", swap, NO_SWAP_LIMIT),
    ...write("memory.low", memory?.reservation),
    // Files of version 1 alone: they are never there.
    ...write("memory.swappiness", memory?.swappiness, NO_SWAPPINESS),
    ...write("memory.oom_control", memory?.disableOOMKiller === true ? 1 : undefined, NO_OOM_CONTROL),
    ...write("io.weight", blockIO?.weight, NO_WEIGHT),
    ...unifiedCpu(cpu),
    ...write("pids.max", pids === undefined || pids.limit > 0 ? pids?.limit : "max"),
  ];
}
