import type { Document } from "../../core/document.ts";
import type { ContainerRecord, EndpointRecord, MountPoint } from "../../runtime/container-config.ts";
import { hostConfigDocument } from "./host-config.ts";
import { orNull } from "./image.ts";
import { NEVER } from "./never.ts";

export interface ContainerFacts {
  /** Directory of the container's files. */
  readonly directory: string;
  /** Snapshot driver. */
  readonly driver: string;
  /** Whether containers see control groups as their own. */
  readonly cgroupNamespace: "host" | "private";
  /** Ids of additional processes that run or are to be started. */
  readonly execs: readonly string[];
  readonly size?: { readonly written: number; readonly total: number };
}

/** Docker Engine API 1.51 "ContainerInspectResponse". https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container/operation/ContainerInspect */
export function containerDocument(record: ContainerRecord, facts: ContainerFacts): Document {
  const file = (name: string) => `${facts.directory}/${name}`;
  return {
    Id: record.id,
    Created: record.createdAt,
    Path: record.path,
    Args: record.args,
    State: stateDocument(record.state),
    Image: record.imageId,
    ResolvConfPath: file("resolv.conf"),
    HostnamePath: file("hostname"),
    HostsPath: file("hosts"),
    LogPath: record.hostConfig.LogConfig.Type === "json-file" ? file(`${record.id}-json.log`) : "",
    Name: `/${record.name}`,
    RestartCount: record.state.restartCount,
    Driver: facts.driver,
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "",
    ExecIDs: orNull(facts.execs),
    HostConfig: hostConfigDocument(record.hostConfig, facts.cgroupNamespace),
    GraphDriver: { Data: null, Name: facts.driver },
    ...(facts.size === undefined ? {} : { SizeRw: facts.size.written, SizeRootFs: facts.size.total }),
    Mounts: record.mounts.map(mountDocument),
    Config: configDocument(record),
    NetworkSettings: networkDocument(record),
  };
}

function stateDocument(state: ContainerRecord["state"]): Document {
  return {
    Status: state.status,
    // One that waits for its next run counts as running: it is not to be removed or started.
    Running: ["running", "paused", "restarting"].includes(state.status),
    Paused: state.status === "paused",
    Restarting: state.status === "restarting",
    OOMKilled: state.oomKilled,
    Dead: state.status === "dead",
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt ?? NEVER,
    FinishedAt: state.finishedAt ?? NEVER,
    ...(state.health === undefined ? {} : { Health: healthDocument(state.health) }),
  };
}

const healthDocument = ({
  status,
  streak,
  log,
}: NonNullable<ContainerRecord["state"]["health"]>): Document => ({
  Status: status,
  FailingStreak: streak,
  Log: log.map(({ start, end, code, output }) => ({
    Start: start,
    End: end,
    ExitCode: code,
    Output: output,
  })),
});

function mountDocument(mount: MountPoint): Document {
  return {
    Type: mount.type,
    ...(mount.name === undefined ? {} : { Name: mount.name }),
    Source: mount.source,
    Destination: mount.destination,
    ...(mount.type === "volume" ? { Driver: "local" } : {}),
    Mode: mount.mode,
    RW: mount.rw,
    Propagation: mount.propagation,
  };
}

function configDocument({ config }: ContainerRecord): Document {
  return {
    Hostname: config.Hostname,
    Domainname: config.Domainname ?? "",
    User: config.User ?? "",
    AttachStdin: config.AttachStdin,
    AttachStdout: config.AttachStdout,
    AttachStderr: config.AttachStderr,
    ...(orNull(config.ExposedPorts) === null ? {} : { ExposedPorts: config.ExposedPorts }),
    Tty: config.Tty,
    OpenStdin: config.OpenStdin,
    StdinOnce: config.StdinOnce,
    Env: orNull(config.Env),
    Cmd: config.Cmd ?? null,
    ...(config.Healthcheck === undefined ? {} : { Healthcheck: config.Healthcheck }),
    ...(config.ArgsEscaped === true ? { ArgsEscaped: true } : {}),
    Image: config.Image,
    Volumes: orNull(config.Volumes),
    WorkingDir: config.WorkingDir ?? "",
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: orNull(config.OnBuild),
    Labels: config.Labels ?? {},
    ...(config.StopSignal === undefined || config.StopSignal === "" ? {} : { StopSignal: config.StopSignal }),
    ...(config.StopTimeout === undefined ? {} : { StopTimeout: config.StopTimeout }),
    ...(orNull(config.Shell) === null ? {} : { Shell: config.Shell }),
  };
}

function networkDocument(record: ContainerRecord): Document {
  const bridge = record.endpoints.find(({ network }) => network === "bridge");
  const active = record.state.status === "running" || record.state.status === "paused";
  return {
    Bridge: "",
    SandboxID: "",
    SandboxKey: active ? `/proc/${record.state.pid}/ns/net` : "",
    Ports: active ? portsDocument(record) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: bridge?.endpointId ?? "",
    Gateway: bridge?.gateway ?? "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    IPAddress: bridge?.address ?? "",
    IPPrefixLen: bridge?.prefixLength ?? 0,
    IPv6Gateway: "",
    MacAddress: bridge?.mac ?? "",
    Networks: Object.fromEntries(
      record.endpoints.map((endpoint) => [endpoint.network, endpointDocument(endpoint, record)]),
    ),
  };
}

/** Exposed ports with their host bindings; null for one that is not published. */
function portsDocument({ config, endpoints }: ContainerRecord): Document {
  const bindings = new Map<string, { HostIp: string; HostPort: string }[]>();
  for (const { protocol, containerPort, hostAddress, hostPort } of endpoints.flatMap(({ ports }) => ports)) {
    const key = `${containerPort}/${protocol}`;
    const binding = { HostIp: hostAddress, HostPort: String(hostPort) };
    bindings.set(key, [...(bindings.get(key) ?? []), binding]);
  }
  const ports = new Set([...Object.keys(config.ExposedPorts ?? {}), ...bindings.keys()]);
  return Object.fromEntries([...ports].sort().map((port) => [port, bindings.get(port) ?? null]));
}

function endpointDocument(endpoint: EndpointRecord, { id, name, config }: ContainerRecord): Document {
  const { aliases, links, address, address6, mac } = endpoint.config;
  const asked = {
    ...(address === undefined ? {} : { IPv4Address: address }),
    ...(address6 === undefined ? {} : { IPv6Address: address6 }),
  };
  const own = endpoint.driver === "bridge" && endpoint.network !== "bridge";
  const names = [...new Set([name, ...aliases, id.slice(0, 12), config.Hostname])];
  return {
    IPAMConfig: orNull(asked),
    Links: orNull(links),
    Aliases: orNull(aliases),
    MacAddress: endpoint.mac === "" ? (mac ?? "") : endpoint.mac,
    DriverOpts: null,
    GwPriority: endpoint.config.gatewayPriority,
    NetworkID: endpoint.networkId,
    EndpointID: endpoint.endpointId,
    Gateway: endpoint.gateway,
    IPAddress: endpoint.address,
    IPPrefixLen: endpoint.prefixLength,
    IPv6Gateway: endpoint.ipv6?.gateway ?? "",
    GlobalIPv6Address: endpoint.ipv6?.address ?? "",
    GlobalIPv6PrefixLen: endpoint.ipv6?.prefixLength ?? 0,
    DNSNames: own ? names : null,
  };
}
