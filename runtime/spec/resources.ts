import type { HostConfig } from "../container-config.ts";
import { ALL_DEVICES, DEFAULT_DEVICE_RULES } from "./devices.ts";
import type { OciResources } from "./oci.ts";

type Limits = Pick<
  HostConfig,
  | "Memory"
  | "MemorySwap"
  | "NanoCpus"
  | "CpuShares"
  | "CpuPeriod"
  | "CpuQuota"
  | "CpusetCpus"
  | "PidsLimit"
  | "Privileged"
>;

const NANO = 1e9;
const DEFAULT_PERIOD_US = 100_000;

function memory({ Memory, MemorySwap }: Limits): OciResources["memory"] {
  if (Memory <= 0) return undefined;
  // As much swap again as memory, unless a total is given; -1 is no limit.
  return { limit: Memory, swap: MemorySwap === 0 ? Memory * 2 : MemorySwap };
}

function cpu(limits: Limits): OciResources["cpu"] {
  const fromNano =
    limits.NanoCpus > 0
      ? { period: DEFAULT_PERIOD_US, quota: Math.round((limits.NanoCpus / NANO) * DEFAULT_PERIOD_US) }
      : {};
  const values = {
    ...(limits.CpuShares > 0 ? { shares: limits.CpuShares } : {}),
    ...(limits.CpuPeriod > 0 ? { period: limits.CpuPeriod } : {}),
    ...(limits.CpuQuota === 0 ? {} : { quota: limits.CpuQuota }),
    ...(limits.CpusetCpus === "" ? {} : { cpus: limits.CpusetCpus }),
    ...fromNano,
  };
  return Object.keys(values).length === 0 ? undefined : values;
}

/** HostConfig's limits in the terms of OCI runtime-spec, config-linux.md#control-groups. */
export function compileResources(limits: Limits): OciResources {
  const memoryLimits = memory(limits);
  const cpuLimits = cpu(limits);
  return {
    devices: limits.Privileged ? ALL_DEVICES : DEFAULT_DEVICE_RULES,
    ...(memoryLimits === undefined ? {} : { memory: memoryLimits }),
    ...(cpuLimits === undefined ? {} : { cpu: cpuLimits }),
    ...(limits.PidsLimit === 0 ? {} : { pids: { limit: limits.PidsLimit } }),
  };
}
