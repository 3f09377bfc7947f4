import type { Digest } from "../core/digest.ts";
import type { ContainerConfig } from "../image/config.ts";
import type { HealthState } from "./launch/shim-state.ts";
import type { MountConfig } from "./mount-config.ts";

/** What a container shall be: Docker Engine API "Config" (of its creation) with the image's defaults merged in. */
export interface ProcessConfig extends ContainerConfig {
  readonly Hostname: string;
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  readonly StdinOnce: boolean;
  /** As the user gave it. */
  readonly Image: string;
}

/** Docker Engine API "HostConfig"; a field not listed here is refused by name where it enters. Sizes in bytes. */
export interface HostConfig {
  readonly Binds: readonly string[];
  readonly Mounts: readonly MountConfig[];
  /** "container[:ro|rw]". */
  readonly VolumesFrom: readonly string[];
  readonly NetworkMode: string;
  /** "container:alias" */
  readonly Links: readonly string[];
  /** "80/tcp" → host bindings. */
  readonly PortBindings: Readonly<
    Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>
  >;
  readonly PublishAllPorts: boolean;
  readonly AutoRemove: boolean;
  readonly Privileged: boolean;
  readonly ReadonlyRootfs: boolean;
  readonly CapAdd: readonly string[];
  readonly CapDrop: readonly string[];
  readonly Dns: readonly string[];
  readonly DnsSearch: readonly string[];
  readonly DnsOptions: readonly string[];
  readonly ExtraHosts: readonly string[];
  readonly Tmpfs: Readonly<Record<string, string>>;
  readonly SecurityOpt: readonly string[];
  readonly Sysctls: Readonly<Record<string, string>>;
  readonly Ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  readonly ShmSize: number;
  readonly Memory: number;
  readonly MemorySwap: number;
  readonly NanoCpus: number;
  readonly CpuShares: number;
  readonly CpuPeriod: number;
  readonly CpuQuota: number;
  readonly CpusetCpus: string;
  readonly PidsLimit: number;
  readonly CpusetMems: string;
  readonly MemoryReservation: number;
  /** -1: as the host has it. */
  readonly MemorySwappiness: number;
  readonly OomKillDisable: boolean;
  readonly OomScoreAdj: number;
  readonly BlkioWeight: number;
  readonly CgroupParent: string;
  readonly Devices: readonly {
    readonly PathOnHost: string;
    readonly PathInContainer: string;
    readonly CgroupPermissions: string;
  }[];
  /** "c 1:3 rwm". */
  readonly DeviceCgroupRules: readonly string[];
  readonly GroupAdd: readonly string[];
  /** Namespaces: "" is the default, "host" none of its own. */
  readonly PidMode: string;
  readonly IpcMode: string;
  readonly UTSMode: string;
  readonly UsernsMode: string;
  readonly CgroupnsMode: string;
  readonly Annotations: Readonly<Record<string, string>>;
  readonly Init: boolean;
  /** Of its terminal when it starts: rows and columns, 0 where nobody said. */
  readonly ConsoleSize: readonly [height: number, width: number];
  readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
  readonly RestartPolicy: {
    readonly Name: "" | "no" | "always" | "on-failure" | "unless-stopped";
    readonly MaximumRetryCount: number;
  };
}

/** The limits that a container which exists can be given anew. */
export type LimitField =
  | "Memory"
  | "MemorySwap"
  | "MemoryReservation"
  | "NanoCpus"
  | "CpuShares"
  | "CpuPeriod"
  | "CpuQuota"
  | "CpusetCpus"
  | "CpusetMems"
  | "BlkioWeight"
  | "PidsLimit";

export type ContainerStatus =
  | "created"
  | "running"
  | "paused"
  | "restarting"
  | "removing"
  | "exited"
  | "dead";

export interface ContainerState {
  readonly status: ContainerStatus;
  readonly pid: number;
  readonly exitCode: number;
  readonly error: string;
  readonly oomKilled: boolean;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** How often its restart policy started it again. */
  readonly restartCount: number;
  /** Of a container with a health check that was started. */
  readonly health?: HealthState;
}

export interface ContainerRecord {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  readonly createdAt: string;
  readonly imageId: Digest;
  /** Layers of the image, lowest first. */
  readonly layers: readonly Digest[];
  readonly path: string;
  readonly args: readonly string[];
  readonly config: ProcessConfig;
  readonly hostConfig: HostConfig;
  readonly mounts: readonly MountPoint[];
  /** While it does not run, those it will have, without addresses. */
  readonly endpoints: readonly EndpointRecord[];
  readonly state: ContainerState;
}

export interface MountPoint {
  readonly type: "bind" | "volume" | "tmpfs";
  readonly name?: string;
  readonly source: string;
  readonly destination: string;
  readonly mode: string;
  readonly rw: boolean;
  readonly propagation: string;
  /** Of a bind: whether what is mounted below its source comes along, and is read-only with it; yes unless said. */
  readonly recursive?: false;
  readonly readonlyBelow?: false;
  /** Of a volume: what of it is mounted. */
  readonly subpath?: string;
  /** Of a volume that is mounted at each start: whether it takes the image's content while it is empty. */
  readonly fill?: true;
  /** Of a tmpfs. */
  readonly options?: string;
}

/** How a container shall be connected to a network: Docker Engine API "EndpointSettings", as far as it says a wish. */
export interface EndpointConfig {
  /** More names of the container in this network. */
  readonly aliases: readonly string[];
  /** "container:alias" */
  readonly links: readonly string[];
  readonly address?: string;
  /** IPv6. */
  readonly address6?: string;
  readonly mac?: string;
  /** The network with the highest one is the way out. */
  readonly gatewayPriority: number;
}

export interface EndpointRecord {
  readonly network: string;
  readonly networkId: string;
  readonly driver: string;
  readonly endpointId: string;
  /** What was asked for. */
  readonly config: EndpointConfig;
  /** The interface inside the container; "" without an address. */
  readonly link: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  /** Only in a network that has IPv6; without a way out, its gateway is "". */
  readonly ipv6?: { readonly address: string; readonly prefixLength: number; readonly gateway: string };
  readonly mac: string;
  /** As published, with the host ports that were chosen. */
  readonly ports: readonly PublishedPort[];
}

export interface PublishedPort {
  readonly protocol: "tcp" | "udp" | "sctp";
  /** "0.0.0.0" is every IPv4 address of this host, "::" every IPv6 address. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
}
