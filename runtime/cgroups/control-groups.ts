import type { DeviceRules, OciMount, OciResources } from "../spec/oci.ts";
import type { CgroupUsage } from "./usage.ts";

/** The control group of one container, in every hierarchy that has a part in it. */
export interface ControlGroup {
  /** Below every hierarchy's mount point: "/slipway/<id>". */
  readonly path: string;
  /** cgroup.procs files; a process written to each of them is in. */
  readonly procs: readonly string[];
  readonly directories: readonly string[];
  /** How the container is shown its group. */
  readonly mounts: readonly OciMount[];
  /** Ids of its processes as the host numbers them; empty when the group is gone. */
  pids(): readonly number[];
  /** SIGKILL to all of its processes; resolves when none is left. */
  kill(): Promise<void>;
  /** Stops or continues all of its processes; resolves once they are. Rejects with CGROUP_FAILED when nothing here can freeze. */
  freeze(frozen: boolean): Promise<void>;
  frozen(): boolean;
  /** Whether it keeps any device away from its processes. */
  confinesDevices(): boolean;
  /** Writes the limits of a group that exists; returns what cannot be limited here. Throws CGROUP_FAILED on a value the kernel refuses. */
  limit(resources: OciResources): readonly string[];
  usage(): CgroupUsage;
  /** Processes that the kernel killed for memory. */
  oomKills(): number;
  /** Kills what is left and removes it. Idempotent. */
  remove(): Promise<void>;
}

/** Whether a control group says which devices can be opened. Where none does, whoever starts a process has to keep devices away from it. */
export interface DeviceConfinement {
  readonly devicesConfined: boolean;
  readonly warnings: readonly string[];
}

export interface ControlGroups {
  /** False where a container is shown the host's paths (v1). */
  readonly namespaces: boolean;
  /** Makes the group and its limits. What this system cannot limit is named in `warnings`. Rejects with CGROUP_FAILED on a value the kernel refuses. */
  create(path: string, resources: OciResources): DeviceConfinement & { readonly group: ControlGroup };
  /**
   * The group at `path` that does nothing but confine devices, which stays and is shared by everything that may open the same ones: made for
   * the first, free for the others. `procs` as a ControlGroup's.
   */
  confine(path: string, devices: DeviceRules): DeviceConfinement & Pick<ControlGroup, "procs">;
  /** The group at `path`, whether it exists or not. */
  open(path: string): ControlGroup;
}
