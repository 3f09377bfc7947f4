import { Failure } from "../../core/errors.ts";
import type { HostConfig, ProcessConfig } from "../container-config.ts";
import type { ProcessSharing } from "../spec/namespaces.ts";
import type { ContainerTable } from "./container-table.ts";
import { joinedContainer } from "./joined-container.ts";

type ModeField = "PidMode" | "IpcMode" | "UTSMode" | "UsernsMode" | "CgroupnsMode";
interface Modes {
  /** What messages call them. */
  readonly title: string;
  /** What one may be, besides nothing. */
  readonly known: readonly string[];
  /** Whether one may be "container:name". */
  readonly joins: boolean;
}

const MODES: Readonly<Record<ModeField, Modes>> = {
  PidMode: { title: "PID", known: ["host"], joins: true },
  IpcMode: { title: "IPC", known: ["none", "private", "shareable", "host"], joins: true },
  UTSMode: { title: "UTS", known: ["host"], joins: false },
  // Containers are in the host's already.
  UsernsMode: { title: "userns", known: ["host"], joins: false },
  CgroupnsMode: { title: "cgroup namespace", known: ["host", "private"], joins: false },
};

const invalid = (why: string): Failure => new Failure("CONTAINER_CONFIG_INVALID", { why });

/** Throws CONTAINER_CONFIG_INVALID. */
export function checkNamespaces(config: ProcessConfig, hostConfig: HostConfig): void {
  for (const [field, { title, known, joins }] of Object.entries(MODES) as [ModeField, Modes][]) {
    const mode = hostConfig[field];
    if (mode !== "" && !known.includes(mode) && !(joins && joinedContainer(mode) !== undefined))
      throw invalid(`invalid ${title} mode: ${mode}`);
  }
  const { Hostname, Domainname = "" } = config;
  if (hostConfig.UTSMode === "host" && (Hostname !== "" || Domainname !== ""))
    throw invalid("conflicting options: hostname and the UTS mode");
}

/** The modes with the containers they name by their ids, which renaming does not change. Throws CONTAINER_UNKNOWN, CONTAINER_AMBIGUOUS. */
export function withContainerIds(hostConfig: HostConfig, table: ContainerTable): HostConfig {
  const byId = (mode: string): string => {
    const other = joinedContainer(mode);
    return other === undefined ? mode : `container:${table.find(other).id}`;
  };
  const { NetworkMode, IpcMode, PidMode } = hostConfig;
  return { ...hostConfig, NetworkMode: byId(NetworkMode), IpcMode: byId(IpcMode), PidMode: byId(PidMode) };
}

/** What a container that is about to start shares with another's processes. Throws CONTAINER_UNKNOWN, CONTAINER_CONFIG_INVALID. */
export function processSharing(
  { PidMode, IpcMode }: Pick<HostConfig, "PidMode" | "IpcMode">,
  table: ContainerTable,
): { readonly pid: ProcessSharing; readonly ipc: ProcessSharing } {
  return { pid: sharing("PidMode", PidMode, table), ipc: sharing("IpcMode", IpcMode, table) };
}

function sharing(field: "PidMode" | "IpcMode", mode: string, table: ContainerTable): ProcessSharing {
  const name = joinedContainer(mode);
  if (name === undefined) return mode === "host" ? "host" : "private";
  const { id, hostConfig, state } = table.find(name);
  const refuse = (why: string) =>
    invalid(`failed to join ${MODES[field].title} namespace: container ${id}${why}`);
  if (state.phase !== "running") throw refuse(" is not running");
  if (state.waiting !== undefined) throw refuse(" is restarting, wait until the container is running");
  if (field === "IpcMode" && ["", "private", "none"].includes(hostConfig.IpcMode))
    throw refuse(": non-shareable IPC (hint: use IpcMode:shareable for the donor container)");
  return { pid: state.pid };
}
