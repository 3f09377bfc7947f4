import type { Document } from "../../core/document.ts";
import { statusText } from "../../core/status-text.ts";
import type { ContainerInfo } from "../../engine/api.ts";

type Size = { readonly written: number; readonly total: number };
/** Docker Engine API 1.51 "ContainerSummary". `now` in milliseconds since the epoch. */
export function containerSummary(record: ContainerInfo, now: number, size?: Size): Document {
  const { config, hostConfig, state } = record;
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: config.Image,
    ImageID: record.imageId,
    Command: [record.path, ...record.args.map((arg) => (arg.includes(" ") ? `'${arg}'` : arg))].join(" "),
    Created: Math.floor(Date.parse(record.createdAt) / 1000),
    Ports: ports(record),
    ...(size === undefined ? {} : sizes(size)),
    Labels: config.Labels ?? {},
    State: state.status,
    Status: statusText(state, now),
    HostConfig: {
      NetworkMode: hostConfig.NetworkMode === "default" ? "bridge" : hostConfig.NetworkMode,
      ...(Object.keys(hostConfig.Annotations).length === 0 ? {} : { Annotations: hostConfig.Annotations }),
    },
    NetworkSettings: { Networks: networks(record) },
    Mounts: record.mounts.map((mount) => ({
      Type: mount.type,
      ...(mount.name === undefined ? {} : { Name: mount.name }),
      // Where a volume lies is nobody's business in a listing.
      Source: mount.type === "volume" ? "" : mount.source,
      Destination: mount.destination,
      ...(mount.type === "volume" ? { Driver: "local" } : {}),
      Mode: mount.mode,
      RW: mount.rw,
      Propagation: mount.propagation,
    })),
  };
}

/** Zeros are left out, as Go does it. */
const sizes = ({ written, total }: Size): Document => ({
  ...(written === 0 ? {} : { SizeRw: written }),
  ...(total === 0 ? {} : { SizeRootFs: total }),
});

/** What is published while it runs, and what is exposed besides. */
function ports({ config, endpoints, state }: ContainerInfo): readonly Document[] {
  if (state.status !== "running" && state.status !== "paused") return [];
  const published = endpoints.flatMap((endpoint) => endpoint.ports);
  const keys = new Set(published.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const exposed = Object.keys(config.ExposedPorts ?? {}).filter((key) => !keys.has(key));
  return [
    ...published.map((port) => ({
      IP: port.hostAddress,
      PrivatePort: port.containerPort,
      PublicPort: port.hostPort,
      Type: port.protocol,
    })),
    ...exposed.map((key) => {
      const [port, protocol = "tcp"] = key.split("/");
      return { PrivatePort: Number(port), Type: protocol };
    }),
  ];
}

function networks({ endpoints, hostConfig: { NetworkMode: mode } }: ContainerInfo): Document {
  if (endpoints.length === 0) return { [mode === "default" ? "bridge" : mode]: endpoint() };
  return Object.fromEntries(endpoints.map((one) => [one.network, endpoint(one)]));
}

const endpoint = (one?: ContainerInfo["endpoints"][number]): Document => ({
  IPAMConfig: null,
  Links: null,
  Aliases: null,
  MacAddress: one?.mac ?? "",
  DriverOpts: null,
  GwPriority: 0,
  NetworkID: one?.networkId ?? "",
  EndpointID: one?.endpointId ?? "",
  Gateway: one?.gateway ?? "",
  IPAddress: one?.address ?? "",
  IPPrefixLen: one?.prefixLength ?? 0,
  IPv6Gateway: one?.ipv6?.gateway ?? "",
  GlobalIPv6Address: one?.ipv6?.address ?? "",
  GlobalIPv6PrefixLen: one?.ipv6?.prefixLength ?? 0,
  DNSNames: null,
});
