import { Failure } from "../../core/errors.ts";
import type { HostConfig, LimitField } from "../container-config.ts";
import { connectShim } from "../launch/shim.ts";
import { compileResources } from "../spec/resources.ts";
import { checkUpdated } from "./check-config.ts";
import type { ContainerTable } from "./container-table.ts";
import { containerEvent } from "./describe-event.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { ContainerParts } from "./parts.ts";
import { restartRule } from "./restart-policy.ts";
import type { StoredContainer } from "./stored-container.ts";

/** What can be changed of a container that exists: Docker Engine API "ContainerUpdate". Zero and "" leave a field as it is. */
export type ContainerUpdate = Partial<Pick<HostConfig, LimitField | "RestartPolicy">>;

const invalid = (why: string): Failure => new Failure("CONTAINER_CONFIG_INVALID", { why });

/** The host configuration with the changes in it. Throws CONTAINER_CONFIG_INVALID for what contradicts what is set. */
export function updated(
  current: HostConfig,
  { RestartPolicy: policy, ...limits }: ContainerUpdate,
): HostConfig {
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== 0 && value !== ""));
  const { Memory = 0, MemorySwap = 0, NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0 } = limits;
  if (Memory > 0 && MemorySwap === 0 && current.MemorySwap > 0 && Memory > current.MemorySwap)
    throw invalid(
      "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
    );
  if (NanoCpus > 0 && (current.CpuPeriod > 0 || current.CpuQuota > 0))
    throw invalid(
      "Conflicting options: Nano CPUs cannot be updated as CPU Period or Quota has already been set",
    );
  if ((CpuPeriod > 0 || CpuQuota > 0) && current.NanoCpus > 0)
    throw invalid(
      "Conflicting options: CPU Period or Quota cannot be updated as NanoCPUs has already been set",
    );
  if (policy !== undefined && policy.Name !== "" && current.AutoRemove)
    throw invalid("Restart policy cannot be updated because AutoRemove is enabled for the container");
  return {
    ...current,
    ...given,
    ...(policy === undefined || policy.Name === "" ? {} : { RestartPolicy: policy }),
  };
}

/** Changes containers that exist, at once if they run. */
export class Updater {
  readonly #parts: ContainerParts;
  readonly #table: ContainerTable;
  readonly #lifecycle: Lifecycle;

  constructor(parts: ContainerParts, table: ContainerTable, lifecycle: Lifecycle) {
    this.#parts = parts;
    this.#table = table;
    this.#lifecycle = lifecycle;
  }

  /** Returns warnings. Rejects with CONTAINER_CONFIG_INVALID, and with CGROUP_FAILED when the kernel refuses: then nothing is noted. */
  async update(id: string, changes: ContainerUpdate): Promise<readonly string[]> {
    await using _lock = await this.#lifecycle.lock(id);
    const container = await this.#lifecycle.observeLocked(id);
    if (container === undefined) throw new Failure("CONTAINER_UNKNOWN", { container: id });
    const hostConfig = updated(container.hostConfig, changes);
    checkUpdated(hostConfig);
    const warnings = await this.#apply(container, hostConfig);
    this.#table.update({ ...container, hostConfig });
    this.#parts.record(containerEvent(container, "update"));
    return warnings;
  }

  async #apply({ id, state }: StoredContainer, hostConfig: HostConfig): Promise<readonly string[]> {
    if (state.phase !== "running") return [];
    const warnings = this.#parts.cgroups.open(state.cgroup).limit(compileResources(hostConfig));
    await using client = await connectShim(this.#lifecycle.files(id).socket);
    await client.setPolicy(restartRule(hostConfig.RestartPolicy));
    return warnings;
  }
}
