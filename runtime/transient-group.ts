import { posix } from "node:path";
import type { ControlGroups } from "./cgroups/control-groups.ts";
import type { HostConfig } from "./container-config.ts";
import { DEFAULT_HOST_CONFIG } from "./spec/defaults.ts";
import { compileResources } from "./spec/resources.ts";

/** Of build steps with limits, each in one of its own. */
const LIMITED_GROUPS = "/slipway/steps";
/** What only a control group can do. */
const GROUP_LIMITS = [
  "Memory",
  "MemorySwap",
  "CpuShares",
  "CpuPeriod",
  "CpuQuota",
  "CpusetCpus",
  "CpusetMems",
  "CgroupParent",
] as const satisfies readonly (keyof HostConfig)[];

/** Fields of a HostConfig that count; what is absent is not limited. */
export type TransientResources = Partial<
  Pick<HostConfig, (typeof GROUP_LIMITS)[number] | "Ulimits" | "ShmSize" | "Dns" | "DnsSearch" | "DnsOptions">
>;

export type SharedGroup = ReturnType<ControlGroups["confine"]>;
/** The control group of a step; disposing removes it if it is the step's alone. */
export type StepGroup = SharedGroup & { readonly directories: readonly string[] } & AsyncDisposable;

interface GroupRequest {
  readonly id: string;
  readonly insecure: boolean;
  readonly resources?: TransientResources;
  readonly onCgroup: (path: string) => void;
}
interface Groups {
  readonly shared: SharedGroup;
  readonly cgroups: Pick<ControlGroups, "create">;
}

/** The group that all steps share, or one of its own for a step that has limits. Throws CGROUP_FAILED. */
export function openGroup(
  { id, insecure, resources = {}, onCgroup }: GroupRequest,
  { shared, cgroups }: Groups,
): StepGroup {
  if (GROUP_LIMITS.every((name) => resources[name] === undefined)) {
    const procs = insecure ? [] : shared.procs;
    return { ...shared, procs, directories: [], [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const { CgroupParent = "" } = resources;
  const path = posix.join("/", CgroupParent === "" ? LIMITED_GROUPS : CgroupParent, id);
  const hostConfig = { ...DEFAULT_HOST_CONFIG, ...resources, Privileged: insecure };
  const { group, ...confinement } = cgroups.create(path, compileResources(hostConfig));
  const { procs, directories } = group;
  for (const directory of directories) onCgroup(directory);
  return { ...confinement, procs, directories, [Symbol.asyncDispose]: () => group.remove() };
}
