import type { HostConfig, LimitField } from "../container-config.ts";
import { ALL_DEVICES, DEFAULT_DEVICE_RULES } from "./devices.ts";
import { deviceRules, type GrantedDevice } from "./granted-devices.ts";
import type { OciResources } from "./oci.ts";

type Limits = Pick<
  HostConfig,
  LimitField | "MemorySwappiness" | "OomKillDisable" | "Privileged" | "DeviceCgroupRules"
>;

const NANO = 1e9;
const DEFAULT_PERIOD_US = 100_000;

function memory(limits: Limits): OciResources["memory"] {
  const { Memory, MemorySwap, MemoryReservation, MemorySwappiness, OomKillDisable } = limits;
  const values = {
    // As much swap again as memory, unless a total is given; -1 is no limit.
    ...(Memory > 0 ? { limit: Memory, swap: MemorySwap === 0 ? Memory * 2 : MemorySwap } : {}),
    ...(MemoryReservation > 0 ? { reservation: MemoryReservation } : {}),
    ...(MemorySwappiness >= 0 ? { swappiness: MemorySwappiness } : {}),
    ...(OomKillDisable ? { disableOOMKiller: true } : {}),
  };
  return Object.keys(values).length === 0 ? undefined : values;
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
    ...(limits.CpusetMems === "" ? {} : { mems: limits.CpusetMems }),
    ...fromNano,
  };
  return Object.keys(values).length === 0 ? undefined : values;
}

/** HostConfig's limits in the terms of OCI runtime-spec, config-linux.md#control-groups. */
export function compileResources(limits: Limits, devices: readonly GrantedDevice[] = []): OciResources {
  const memoryLimits = memory(limits);
  const cpuLimits = cpu(limits);
  return {
    devices: limits.Privileged
      ? ALL_DEVICES
      : [...DEFAULT_DEVICE_RULES, ...deviceRules(devices, limits.DeviceCgroupRules)],
    ...(memoryLimits === undefined ? {} : { memory: memoryLimits }),
    ...(cpuLimits === undefined ? {} : { cpu: cpuLimits }),
    ...(limits.BlkioWeight > 0 ? { blockIO: { weight: limits.BlkioWeight } } : {}),
    ...(limits.PidsLimit === 0 ? {} : { pids: { limit: limits.PidsLimit } }),
  };
}
