import type { HostConfig } from "../container-config.ts";
import type { OciNamespace } from "./oci.ts";

/** Whose namespace of a kind a process is in: one of its own, the host's, or that of a file. */
export type Sharing = "private" | "host" | { readonly path: string };
/** Whose processes, or whose System V objects and shared memory: those of a process, where it is neither of the others. */
export type ProcessSharing = "private" | "host" | { readonly pid: number };

export interface NamespaceSharing {
  readonly network: Sharing;
  readonly pid?: ProcessSharing | undefined;
  readonly ipc?: ProcessSharing | undefined;
}

const one = (type: OciNamespace["type"], sharing: Sharing): readonly OciNamespace[] =>
  sharing === "host" ? [] : [{ type, ...(sharing === "private" ? {} : sharing) }];

const ofProcess = (type: "pid" | "ipc", sharing: ProcessSharing): readonly OciNamespace[] =>
  one(type, typeof sharing === "object" ? { path: `/proc/${sharing.pid}/ns/${type}` } : sharing);

const hostOr = (mode: string): Sharing => (mode === "host" ? "host" : "private");

/** `cgroupsByDefault`: whether a process that says nothing has control groups of its own. */
export function compileNamespaces(
  { UTSMode, CgroupnsMode }: Pick<HostConfig, "UTSMode" | "CgroupnsMode">,
  { network, pid = "private", ipc = "private" }: NamespaceSharing,
  cgroupsByDefault: boolean,
): readonly OciNamespace[] {
  const cgroups = CgroupnsMode === "" ? cgroupsByDefault : CgroupnsMode === "private";
  return [
    { type: "mount" },
    ...one("network", network),
    ...one("uts", hostOr(UTSMode)),
    ...ofProcess("pid", pid),
    ...ofProcess("ipc", ipc),
    ...(cgroups ? one("cgroup", "private") : []),
  ];
}
