import { availableParallelism } from "node:os";
import { Failure } from "../../core/errors.ts";
import { parseSignal } from "../../core/signals.ts";
import type { HostConfig, ProcessConfig } from "../container-config.ts";
import { parseExtraHost } from "../network/files.ts";
import { portRequests } from "../network/ports.ts";
import { resolveCapabilities } from "../spec/capabilities.ts";
import { checkDevices } from "../spec/granted-devices.ts";
import { containerArgs, workingDirectory } from "../spec/process.ts";
import { parseSecurityOptions } from "../spec/security.ts";
import { planMounts } from "../volumes/mount-points.ts";
import { parseVolumesFrom } from "../volumes/volumes-from.ts";
import { checkCpusets } from "./cpusets.ts";
import { healthProbe } from "./health-check.ts";
import { checkJoinedNetwork } from "./joined-container.ts";
import { checkNamespaces } from "./namespace-modes.ts";

const MEBIBYTE = 1024 * 1024;
const MIN_MEMORY = 6 * MEBIBYTE;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const ULIMITS =
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  );
const SYSCTLS = new Set(
  ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"].map(
    (name) => `kernel.${name}`,
  ),
);

const invalid = (why: string): Failure => new Failure("CONTAINER_CONFIG_INVALID", { why });
function refuseIf(fault: boolean, why: string): void {
  if (fault) throw invalid(why);
}

/** Throws CONTAINER_NAME_INVALID. */
export function checkName(name: string): void {
  if (!NAME.test(name)) throw new Failure("CONTAINER_NAME_INVALID", { name });
}

/** Throws CONTAINER_NAME_INVALID, CONTAINER_CONFIG_INVALID. */
export function checkRename(from: string, to: string): void {
  checkName(to);
  refuseIf(from === to, "Renaming a container with the same name as its current name");
}

function checkMemory(config: HostConfig): void {
  const { Memory, MemorySwap, ShmSize, MemoryReservation, MemorySwappiness } = config;
  const { OomScoreAdj, BlkioWeight } = config;
  refuseIf(Memory !== 0 && Memory < MIN_MEMORY, "Minimum memory limit allowed is 6MB");
  refuseIf(
    MemorySwap > 0 && Memory === 0,
    "You should always set the Memory limit when using Memoryswap limit, see usage",
  );
  refuseIf(
    MemorySwap > 0 && MemorySwap < Memory,
    "Minimum memoryswap limit should be larger than memory limit, see usage",
  );
  refuseIf(ShmSize < 0, "SHM size can not be less than 0");
  refuseIf(
    MemoryReservation !== 0 && MemoryReservation < MIN_MEMORY,
    "Minimum memory reservation allowed is 6MB",
  );
  refuseIf(
    Memory > 0 && Memory < MemoryReservation,
    "Minimum memory limit can not be less than memory reservation limit, see usage",
  );
  refuseIf(
    MemorySwappiness < -1 || MemorySwappiness > 100,
    `Invalid value: ${MemorySwappiness}, valid memory swappiness range is 0-100`,
  );
  refuseIf(
    OomScoreAdj < -1000 || OomScoreAdj > 1000,
    `Invalid value ${OomScoreAdj}, range for oom score adj is [-1000, 1000]`,
  );
  refuseIf(
    BlkioWeight !== 0 && (BlkioWeight < 10 || BlkioWeight > 1000),
    "Range of blkio weight is from 10 to 1000",
  );
}

function checkCpu({ NanoCpus, CpuPeriod, CpuQuota }: HostConfig): void {
  const count = availableParallelism();
  refuseIf(
    NanoCpus < 0 || NanoCpus > count * 1e9,
    `range of CPUs is from 0.01 to ${count}.00, as there are only ${count} CPUs available`,
  );
  refuseIf(NanoCpus > 0 && CpuPeriod > 0, "Conflicting options: Nano CPUs and CPU Period cannot both be set");
  refuseIf(NanoCpus > 0 && CpuQuota > 0, "Conflicting options: Nano CPUs and CPU Quota cannot both be set");
  refuseIf(
    CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000),
    "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
  );
  refuseIf(CpuQuota > 0 && CpuQuota < 1000, "CPU cfs quota can not be less than 1ms (i.e. 1000)");
}

function checkUlimits({ Ulimits }: HostConfig): void {
  for (const { Name, Soft, Hard } of Ulimits) {
    refuseIf(!ULIMITS.includes(Name), `invalid ulimit type: ${Name}`);
    refuseIf(
      Hard !== -1 && (Soft > Hard || Soft === -1),
      `ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`,
    );
  }
}

function checkSysctls({ Sysctls, NetworkMode, IpcMode }: HostConfig): void {
  for (const [name, value] of Object.entries(Sysctls)) {
    const ofNetwork = name.startsWith("net.");
    refuseIf(
      !(ofNetwork || name.startsWith("fs.mqueue.") || SYSCTLS.has(name)),
      `sysctl '${name}=${value}' is not allowed`,
    );
    refuseIf(ofNetwork && NetworkMode === "host", `sysctl "${name}" not allowed in host network namespace`);
    refuseIf(!ofNetwork && IpcMode === "host", `sysctl "${name}" not allowed in host ipc namespace`);
  }
}

function checkPolicies({ RestartPolicy, AutoRemove }: HostConfig): void {
  const restarts = !["", "no"].includes(RestartPolicy.Name);
  refuseIf(restarts && AutoRemove, "can't create 'AutoRemove' container with restart policy");
  refuseIf(
    RestartPolicy.MaximumRetryCount < 0 ||
      (RestartPolicy.MaximumRetryCount > 0 && RestartPolicy.Name !== "on-failure"),
    "invalid restart policy: maximum retry count can only be used with 'on-failure' and cannot be negative",
  );
}

/** The limits alone. Throws as checkConfig() does. */
export function checkLimits(hostConfig: HostConfig): void {
  checkMemory(hostConfig);
  checkCpu(hostConfig);
  checkCpusets(hostConfig);
  checkUlimits(hostConfig);
}

/** What can be changed of a container that exists. Throws as checkConfig() does. */
export function checkUpdated(hostConfig: HostConfig): void {
  checkLimits(hostConfig);
  checkPolicies(hostConfig);
}

/**
 * Finds everything that can be found wrong with a container before it is made, in Docker's words. Throws CONTAINER_CONFIG_INVALID,
 * CAPABILITY_UNKNOWN, SIGNAL_INVALID, MOUNT_SPEC_INVALID, OPTION_UNSUPPORTED.
 */
export function checkConfig(config: ProcessConfig, hostConfig: HostConfig): void {
  containerArgs(config);
  workingDirectory(config.WorkingDir);
  if (config.StopSignal !== undefined && config.StopSignal !== "") parseSignal(config.StopSignal);
  healthProbe(config);
  checkUpdated(hostConfig);
  checkNamespaces(config, hostConfig);
  checkJoinedNetwork(config, hostConfig);
  checkDevices(hostConfig);
  checkSysctls(hostConfig);
  const { CapAdd: add, CapDrop: drop, Privileged: privileged } = hostConfig;
  resolveCapabilities({ add, drop, privileged, available: [] });
  parseSecurityOptions(hostConfig.SecurityOpt);
  portRequests(hostConfig, Object.keys(config.ExposedPorts ?? {}));
  for (const entry of hostConfig.ExtraHosts) parseExtraHost(entry);
  for (const spec of hostConfig.VolumesFrom) parseVolumesFrom(spec);
  planMounts(hostConfig, Object.keys(config.Volumes ?? {}));
}
