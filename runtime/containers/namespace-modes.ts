import { Failure } from "../../core/errors.ts";
import type { HostConfig, ProcessConfig } from "../container-config.ts";
import type { Sharing } from "../spec/namespaces.ts";
import type { ContainerTable } from "./container-table.ts";

const OTHER = /^container:(.+)$/;

/** What each mode may be, besides nothing; a predicate of the rest. */
const MODES: Readonly<
  Record<"PidMode" | "IpcMode" | "UTSMode" | "UsernsMode" | "CgroupnsMode", readonly string[]>
> = {
  PidMode: ["host"],
  // Another container's is not to be had, so that shareable is as private as private.
  IpcMode: ["none", "private", "shareable", "host"],
  UTSMode: ["host"],
  // Containers are in the host's already.
  UsernsMode: ["host"],
  CgroupnsMode: ["host", "private"],
};
const NAMES: Readonly<Record<keyof typeof MODES, string>> = {
  PidMode: "PID",
  IpcMode: "IPC",
  UTSMode: "UTS",
  UsernsMode: "userns",
  CgroupnsMode: "cgroup namespace",
};

/** Throws CONTAINER_CONFIG_INVALID, OPTION_UNSUPPORTED. */
export function checkNamespaces(config: ProcessConfig, hostConfig: HostConfig): void {
  for (const [field, known] of Object.entries(MODES) as [keyof typeof MODES, readonly string[]][]) {
    const mode = hostConfig[field];
    if (mode === "" || known.includes(mode) || (field === "PidMode" && OTHER.test(mode))) continue;
    if (field === "IpcMode" && OTHER.test(mode))
      throw new Failure("OPTION_UNSUPPORTED", { option: `--ipc ${mode}` });
    throw new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid ${NAMES[field]} mode: ${mode}` });
  }
  const { Hostname, Domainname = "" } = config;
  if (hostConfig.UTSMode === "host" && (Hostname !== "" || Domainname !== ""))
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: "conflicting options: hostname and the UTS mode",
    });
}

/** Whose processes a container that is about to start sees. Throws CONTAINER_UNKNOWN, CONTAINER_CONFIG_INVALID. */
export function pidSharing(mode: string, table: ContainerTable): Sharing {
  const [, other] = OTHER.exec(mode) ?? [];
  if (other === undefined) return mode === "host" ? "host" : "private";
  const { id, state } = table.find(other);
  if (state.phase !== "running" || state.waiting !== undefined)
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: `cannot join PID of a non running container: ${id}`,
    });
  return { path: `/proc/${state.pid}/ns/pid` };
}
