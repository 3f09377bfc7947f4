import type { HostConfig } from "../container-config.ts";
import type { OciNamespace } from "./oci.ts";

/** Whose namespace of a kind a process is in: one of its own, the host's, or that of a file. */
export type Sharing = "private" | "host" | { readonly path: string };

export interface NamespaceSharing {
  readonly network: Sharing;
  readonly pid?: Sharing | undefined;
}

const one = (type: OciNamespace["type"], sharing: Sharing): readonly OciNamespace[] =>
  sharing === "host" ? [] : [{ type, ...(sharing === "private" ? {} : sharing) }];

const hostOr = (mode: string): Sharing => (mode === "host" ? "host" : "private");

/** `cgroupsByDefault`: whether a process that says nothing has control groups of its own. */
export function compileNamespaces(
  { UTSMode, IpcMode, CgroupnsMode }: Pick<HostConfig, "UTSMode" | "IpcMode" | "CgroupnsMode">,
  { network, pid = "private" }: NamespaceSharing,
  cgroupsByDefault: boolean,
): readonly OciNamespace[] {
  const cgroups = CgroupnsMode === "" ? cgroupsByDefault : CgroupnsMode === "private";
  return [
    { type: "mount" },
    ...one("network", network),
    ...one("uts", hostOr(UTSMode)),
    ...one("pid", pid),
    ...one("ipc", hostOr(IpcMode)),
    ...(cgroups ? one("cgroup", "private") : []),
  ];
}
