import type { Document } from "../../core/document.ts";
import type { HostConfig } from "../../runtime/container-config.ts";
import type { MountConfig } from "../../runtime/mount-config.ts";
import { MASKED_PATHS, READONLY_PATHS } from "../../runtime/spec/security.ts";
import { orNull } from "./image.ts";

/** Docker Engine API 1.51 "HostConfig". `cgroupNamespace`: what holds for a container that does not say. */
export function hostConfigDocument(config: HostConfig, cgroupNamespace: "host" | "private"): Document {
  const unconfined = config.Privileged || config.SecurityOpt.includes("systempaths=unconfined");
  return {
    Binds: orNull(config.Binds),
    ContainerIDFile: "",
    LogConfig: config.LogConfig,
    NetworkMode: config.NetworkMode === "default" ? "bridge" : config.NetworkMode,
    PortBindings: config.PortBindings,
    RestartPolicy: config.RestartPolicy,
    AutoRemove: config.AutoRemove,
    VolumeDriver: "",
    VolumesFrom: orNull(config.VolumesFrom),
    ...(config.Mounts.length === 0 ? {} : { Mounts: config.Mounts.map(mountDocument) }),
    ConsoleSize: config.ConsoleSize,
    CapAdd: orNull(config.CapAdd),
    CapDrop: orNull(config.CapDrop),
    CgroupnsMode: config.CgroupnsMode || cgroupNamespace,
    Dns: config.Dns,
    DnsOptions: config.DnsOptions,
    DnsSearch: config.DnsSearch,
    ExtraHosts: orNull(config.ExtraHosts),
    GroupAdd: orNull(config.GroupAdd),
    IpcMode: config.IpcMode || "private",
    Cgroup: "",
    Links: orNull(config.Links),
    OomScoreAdj: config.OomScoreAdj,
    PidMode: config.PidMode,
    Privileged: config.Privileged,
    PublishAllPorts: config.PublishAllPorts,
    ReadonlyRootfs: config.ReadonlyRootfs,
    SecurityOpt: orNull(config.SecurityOpt),
    ...(orNull(config.Tmpfs) === null ? {} : { Tmpfs: config.Tmpfs }),
    UTSMode: config.UTSMode,
    UsernsMode: config.UsernsMode,
    ShmSize: config.ShmSize,
    ...(orNull(config.Sysctls) === null ? {} : { Sysctls: config.Sysctls }),
    Runtime: "slipway",
    Isolation: "",
    ...resourcesDocument(config),
    MaskedPaths: unconfined ? null : MASKED_PATHS,
    ReadonlyPaths: unconfined ? null : READONLY_PATHS,
    ...(config.Init ? { Init: true } : {}),
    ...(orNull(config.Annotations) === null ? {} : { Annotations: config.Annotations }),
  };
}

/** Docker Engine API 1.51 "Resources", of which a host configuration is an extension. */
const resourcesDocument = (config: HostConfig): Document => ({
  CpuShares: config.CpuShares,
  Memory: config.Memory,
  NanoCpus: config.NanoCpus,
  CgroupParent: config.CgroupParent,
  BlkioWeight: config.BlkioWeight,
  BlkioWeightDevice: [],
  BlkioDeviceReadBps: [],
  BlkioDeviceWriteBps: [],
  BlkioDeviceReadIOps: [],
  BlkioDeviceWriteIOps: [],
  CpuPeriod: config.CpuPeriod,
  CpuQuota: config.CpuQuota,
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  CpusetCpus: config.CpusetCpus,
  CpusetMems: config.CpusetMems,
  Devices: config.Devices,
  DeviceCgroupRules: orNull(config.DeviceCgroupRules),
  DeviceRequests: null,
  MemoryReservation: config.MemoryReservation,
  MemorySwap: config.MemorySwap,
  MemorySwappiness: config.MemorySwappiness < 0 ? null : config.MemorySwappiness,
  OomKillDisable: config.OomKillDisable,
  PidsLimit: config.PidsLimit === 0 ? null : config.PidsLimit,
  Ulimits: config.Ulimits,
  CpuCount: 0,
  CpuPercent: 0,
  IOMaximumIOps: 0,
  IOMaximumBandwidth: 0,
});

const mountDocument = ({ Type, Source, Target, ReadOnly, ...options }: MountConfig): Document => ({
  Type,
  ...(Source === "" ? {} : { Source }),
  Target,
  ...(ReadOnly ? { ReadOnly } : {}),
  ...options,
});
