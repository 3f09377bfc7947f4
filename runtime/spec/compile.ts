import type { ResolvedUser } from "../../core/user.ts";
import type { HostConfig, ProcessConfig } from "../container-config.ts";
import { resolveCapabilities } from "./capabilities.ts";
import { withoutMaking, withoutOpening } from "./deviceless.ts";
import { DEFAULT_DEVICES } from "./devices.ts";
import type { GrantedDevice } from "./granted-devices.ts";
import { compileMounts, type MountsRequest, type PlacedMount } from "./mounts.ts";
import { compileNamespaces, type NamespaceSharing } from "./namespaces.ts";
import type { OciDevice, OciMount, OciSeccomp, OciSpec } from "./oci.ts";
import {
  compileProcess,
  containerArgs,
  containerEnv,
  type ProcessRequest,
  workingDirectory,
} from "./process.ts";
import { compileResources } from "./resources.ts";
import { MASKED_PATHS, parseSecurityOptions, READONLY_PATHS } from "./security.ts";

/** What of this machine decides about a specification. */
export interface HostFacts {
  /** Names of the capabilities in our bounding set. */
  readonly capabilities: readonly string[];
  /** Device nodes a privileged container is given. */
  readonly devices: readonly OciDevice[];
  /** False where containers see the host's control group paths (cgroup v1). */
  readonly cgroupNamespaces: boolean;
}

/** What surrounds a process, whatever that is. */
export interface IsolationRequest extends NamespaceSharing {
  readonly hostname: string;
  readonly domainname?: string | undefined;
  readonly hostConfig: HostConfig;
  readonly mounts: readonly PlacedMount[];
  /** Generated files by destination ("/etc/hosts" → host path). */
  readonly files: Readonly<Record<string, string>>;
  /** Nodes of the host it is given beyond the default ones. */
  readonly devices?: readonly GrantedDevice[];
  readonly cgroup: {
    readonly path?: string;
    readonly mounts: readonly OciMount[];
    /** False where no control group keeps devices away; see deviceless.ts. */
    readonly devicesConfined: boolean;
  };
  /** Turns "builtin" or a profile's text into rules for these capabilities. */
  readonly seccomp: (capabilities: readonly string[]) => OciSeccomp;
  readonly host: HostFacts;
  /** Gives the process every capability there is; its seccomp filter stays the container's, as Docker has it for `exec --privileged`. */
  readonly allCapabilities?: boolean;
}

export interface SpecRequest extends Omit<IsolationRequest, "hostname" | "domainname"> {
  readonly config: ProcessConfig;
  readonly user: ResolvedUser;
  readonly consoleSize?: { readonly columns: number; readonly rows: number } | undefined;
}

/** Ports below 1024 and ping sockets need no capability in a network namespace of one's own. */
const PRIVATE_NETWORK_SYSCTLS = {
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ping_group_range": "0 2147483647",
};

function compileLinux(request: IsolationRequest, capabilities: readonly string[]): OciSpec["linux"] {
  const { hostConfig, network, pid, ipc, host, cgroup, devices = [] } = request;
  const security = parseSecurityOptions(hostConfig.SecurityOpt);
  const open = hostConfig.Privileged || !security.protectPaths;
  // Docker leaves a privileged container without a filter unless a profile is named.
  const unconfined =
    security.seccomp === "unconfined" || (hostConfig.Privileged && security.seccomp === "builtin");
  return {
    namespaces: compileNamespaces(hostConfig, { network, pid, ipc }, host.cgroupNamespaces),
    devices: compileDevices(hostConfig.Privileged ? host.devices : DEFAULT_DEVICES, devices),
    ...(cgroup.path === undefined ? {} : { cgroupsPath: cgroup.path }),
    resources: compileResources(hostConfig, devices),
    sysctl: { ...(network === "private" ? PRIVATE_NETWORK_SYSCTLS : {}), ...hostConfig.Sysctls },
    ...(unconfined ? {} : { seccomp: request.seccomp(capabilities) }),
    maskedPaths: open ? [] : MASKED_PATHS,
    readonlyPaths: open ? [] : READONLY_PATHS,
  };
}

/** One that is granted by name takes the place of what everybody has there. */
const compileDevices = (
  given: readonly OciDevice[],
  granted: readonly GrantedDevice[],
): readonly OciDevice[] => [
  ...new Map([...given, ...granted.map(withoutAccess)].map((device) => [device.path, device])).values(),
];

const withoutAccess = ({ access: _, ...device }: GrantedDevice): OciDevice => device;

const capabilitiesOf = ({ CapAdd, CapDrop, Privileged }: HostConfig, host: HostFacts): readonly string[] =>
  resolveCapabilities({
    add: CapAdd,
    drop: CapDrop,
    privileged: Privileged,
    available: host.capabilities,
  });

/** "none" asks for a private namespace without shared memory. */
function shmOf({ hostConfig, ipc = "private" }: IsolationRequest): MountsRequest["shm"] {
  if (typeof ipc === "object") return { sharedWith: ipc.pid };
  if (ipc === "host") return "host";
  return hostConfig.IpcMode === "none" ? undefined : hostConfig.ShmSize;
}

type IsolatedProcess = Omit<ProcessRequest, "capabilities" | "noNewPrivileges" | "rlimits" | "oomScoreAdj">;

/** The OCI specification of a process in a container. Pure: everything it depends on is passed. Throws the failures of invalid options. */
export function compileIsolation(request: IsolationRequest, process: IsolatedProcess): OciSpec {
  const { hostConfig, hostname, domainname = "" } = request;
  const deviceless = !(request.cgroup.devicesConfined || hostConfig.Privileged);
  const confined = (granted: readonly string[]): readonly string[] =>
    deviceless ? withoutMaking(granted) : granted;
  const capabilities = confined(capabilitiesOf(hostConfig, request.host));
  const mounts = compileMounts({
    privileged: hostConfig.Privileged,
    shm: shmOf(request),
    cgroup: request.cgroup.mounts,
    points: request.mounts,
    tmpfs: hostConfig.Tmpfs,
    files: request.files,
    readonlyFiles: hostConfig.ReadonlyRootfs,
  });
  return {
    ociVersion: "1.2.0",
    process: compileProcess({
      ...process,
      capabilities: request.allCapabilities === true ? confined(request.host.capabilities) : capabilities,
      noNewPrivileges: parseSecurityOptions(hostConfig.SecurityOpt).noNewPrivileges,
      rlimits: hostConfig.Ulimits,
      oomScoreAdj: hostConfig.OomScoreAdj,
    }),
    root: { path: "rootfs", readonly: hostConfig.ReadonlyRootfs },
    // Who is in the host's namespace must not name the host.
    ...(hostConfig.UTSMode === "host" ? {} : { hostname }),
    ...(domainname === "" ? {} : { domainname }),
    ...(Object.keys(hostConfig.Annotations).length === 0 ? {} : { annotations: hostConfig.Annotations }),
    mounts: deviceless ? withoutOpening(mounts) : mounts,
    linux: compileLinux(request, capabilities),
  };
}

/** The OCI specification of a container's first process. */
export function compileSpec(request: SpecRequest): OciSpec {
  const { config, user, consoleSize } = request;
  return compileIsolation(
    { ...request, hostname: config.Hostname, domainname: config.Domainname },
    {
      args: containerArgs(config),
      env: containerEnv(config, user.home),
      cwd: workingDirectory(config.WorkingDir),
      user: user.user,
      tty: config.Tty,
      consoleSize,
    },
  );
}
