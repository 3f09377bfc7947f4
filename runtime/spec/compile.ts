import type { ResolvedUser } from "../../core/user.ts";
import type { HostConfig, MountPoint, ProcessConfig } from "../container-config.ts";
import { resolveCapabilities } from "./capabilities.ts";
import { withoutMaking, withoutOpening } from "./deviceless.ts";
import { DEFAULT_DEVICES } from "./devices.ts";
import { compileMounts } from "./mounts.ts";
import type { OciDevice, OciMount, OciNamespace, OciSeccomp, OciSpec } from "./oci.ts";
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
export interface IsolationRequest {
  readonly hostname: string;
  readonly domainname?: string | undefined;
  readonly hostConfig: HostConfig;
  readonly mounts: readonly MountPoint[];
  /** Generated files by destination ("/etc/hosts" → host path). */
  readonly files: Readonly<Record<string, string>>;
  readonly network: "private" | "host" | { readonly path: string };
  readonly cgroup: {
    readonly path?: string;
    readonly mounts: readonly OciMount[];
    /** False where no control group keeps devices away; see deviceless.ts. */
    readonly devicesConfined: boolean;
  };
  /** Turns "builtin" or a profile's text into rules for these capabilities. */
  readonly seccomp: (profile: string, capabilities: readonly string[]) => OciSeccomp;
  readonly host: HostFacts;
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

function namespaces(network: SpecRequest["network"], host: HostFacts): readonly OciNamespace[] {
  return [
    { type: "mount" },
    ...(network === "host"
      ? []
      : [{ type: "network", ...(network === "private" ? {} : network) } satisfies OciNamespace]),
    { type: "uts" },
    { type: "pid" },
    { type: "ipc" },
    ...(host.cgroupNamespaces ? [{ type: "cgroup" } satisfies OciNamespace] : []),
  ];
}

function compileLinux(request: IsolationRequest, capabilities: readonly string[]): OciSpec["linux"] {
  const { hostConfig, network, host, cgroup } = request;
  const security = parseSecurityOptions(hostConfig.SecurityOpt);
  const open = hostConfig.Privileged || !security.protectPaths;
  // Docker leaves a privileged container without a filter unless a profile is named.
  const unconfined =
    security.seccomp === "unconfined" || (hostConfig.Privileged && security.seccomp === "builtin");
  return {
    namespaces: namespaces(network, host),
    devices: hostConfig.Privileged ? host.devices : DEFAULT_DEVICES,
    ...(cgroup.path === undefined ? {} : { cgroupsPath: cgroup.path }),
    resources: compileResources(hostConfig),
    sysctl: { ...(network === "private" ? PRIVATE_NETWORK_SYSCTLS : {}), ...hostConfig.Sysctls },
    ...(unconfined ? {} : { seccomp: request.seccomp(security.seccomp, capabilities) }),
    maskedPaths: open ? [] : MASKED_PATHS,
    readonlyPaths: open ? [] : READONLY_PATHS,
  };
}

const capabilitiesOf = ({ CapAdd, CapDrop, Privileged }: HostConfig, host: HostFacts): readonly string[] =>
  resolveCapabilities({
    add: CapAdd,
    drop: CapDrop,
    privileged: Privileged,
    available: host.capabilities,
  });

type IsolatedProcess = Omit<ProcessRequest, "capabilities" | "noNewPrivileges" | "rlimits">;

/** The OCI specification of a process in a container. Pure: everything it depends on is passed. Throws the failures of invalid options. */
export function compileIsolation(request: IsolationRequest, process: IsolatedProcess): OciSpec {
  const { hostConfig, hostname, domainname = "" } = request;
  const deviceless = !(request.cgroup.devicesConfined || hostConfig.Privileged);
  const granted = capabilitiesOf(hostConfig, request.host);
  const capabilities = deviceless ? withoutMaking(granted) : granted;
  const mounts = compileMounts({
    privileged: hostConfig.Privileged,
    shmSize: hostConfig.ShmSize,
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
      capabilities,
      noNewPrivileges: parseSecurityOptions(hostConfig.SecurityOpt).noNewPrivileges,
      rlimits: hostConfig.Ulimits,
    }),
    root: { path: "rootfs", readonly: hostConfig.ReadonlyRootfs },
    hostname,
    ...(domainname === "" ? {} : { domainname }),
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
