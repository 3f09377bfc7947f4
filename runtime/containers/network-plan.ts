import { Failure } from "../../core/errors.ts";
import { Undo } from "../../core/undo.ts";
import type { EndpointRecord } from "../container-config.ts";
import { readBridgeOptions } from "../network/bridge-options.ts";
import type { NetworkRecord, NetworkSharing } from "../network/driver.ts";
import type { Networks } from "../network/networks.ts";
import { type PortRequest, type PublishPlace, portRequests, publishes } from "../network/ports.ts";
import { freeLink, wayOut } from "./connections.ts";
import { ContainerFiles } from "./container-files.ts";
import type { ContainerTable } from "./container-table.ts";
import { joinedContainer } from "./joined-container.ts";
import { findLinks, type Link } from "./links.ts";
import { needsNames, writeResolver } from "./name-service.ts";
import type { ContainerParts } from "./parts.ts";
import type { StoredContainer } from "./stored-container.ts";

/** How a container that is about to start is connected. */
export interface NetworkPlan {
  /** For the specification. */
  readonly namespace: "private" | "host" | { readonly path: string };
  readonly sharing: NetworkSharing;
  readonly hostname: string;
  /** To be attached once its process exists; none in another container's network. */
  readonly endpoints: readonly EndpointRecord[];
  /** Containers it knows by other names, in its default network. */
  readonly links: readonly Link[];
  /** Generated files: destination → host path. */
  readonly files: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Reserves what the container's connections ask for. Rejects with NETWORK_UNKNOWN, PORT_ALLOCATED, CONTAINER_UNKNOWN, … and keeps nothing then. */
export async function planNetwork(
  container: StoredContainer,
  parts: ContainerParts,
  table: ContainerTable,
): Promise<NetworkPlan> {
  const { id, config, hostConfig } = container;
  const other = joinedContainer(hostConfig.NetworkMode);
  if (other !== undefined) return joinNetwork(table.find(other), parts);
  const { networks } = parts;
  const links = findLinks(container, table);
  await networks.release(networks.endpointsOf(id));
  await using undo = new Undo();
  const { endpoints, warnings } = await connectAll(container, networks, undo);
  const [first] = endpoints;
  const sharing = first === undefined ? "private" : networks.driverOf(networks.get(first.networkId)).sharing;
  const files = new ContainerFiles(parts.store.paths, id);
  files.writeEtc(container, { endpoints, sharing, links });
  if (needsNames(endpoints)) writeResolver(container, endpoints, parts);
  undo.keep();
  return {
    namespace: sharing,
    sharing,
    hostname: config.Hostname,
    endpoints,
    links,
    files: files.etc,
    warnings,
  };
}

async function connectAll(
  container: StoredContainer,
  networks: Networks,
  undo: Undo,
): Promise<Pick<NetworkPlan, "endpoints" | "warnings">> {
  const endpoints: EndpointRecord[] = [];
  const warnings: string[] = [];
  // Before any is connected: a network that is gone holds up none of the others.
  const wanted = Object.entries(container.connections).map(
    ([name, config]) => [networks.get(name), config] as const,
  );
  for (const [network, config] of wanted) {
    const made = await networks.connect(
      network,
      { container: container.id },
      { config, link: freeLink(endpoints) },
    );
    undo.add(() => networks.release([made.endpoint]));
    endpoints.push(made.endpoint);
    warnings.push(...made.warnings);
  }
  const out = wayOut(endpoints);
  if (out === undefined && publishes(container.hostConfig)) warnings.push(discarded(endpoints));
  const ports = out === undefined ? [] : portsOf(container, networks.get(out.networkId));
  if (out !== undefined && ports.length > 0) {
    const published = await networks.publish(out, ports);
    endpoints[endpoints.indexOf(out)] = published;
    undo.add(() => networks.release([published]));
  }
  return { endpoints, warnings };
}

const discarded = (endpoints: readonly EndpointRecord[]): string =>
  endpoints.some(({ driver }) => driver === "host")
    ? "Published ports are discarded when using host network mode"
    : "Published ports are discarded: no network of the container leads out";

/** The ports a container publishes where `network` is its way out. */
export const portsOf = (
  { config, hostConfig }: StoredContainer,
  network: NetworkRecord,
): readonly PortRequest[] =>
  portRequests(hostConfig, Object.keys(config.ExposedPorts ?? {}), publishPlace(network));

/** A network's own host address is one of IPv4. */
function publishPlace({ options, ipv6 }: NetworkRecord): PublishPlace {
  const { hostAddress } = readBridgeOptions(options);
  const both = ipv6 !== undefined && hostAddress === "0.0.0.0";
  return { hostAddresses: both ? [hostAddress, "::"] : [hostAddress], ipv6: ipv6 !== undefined };
}

/** The other's namespace, name and files. */
function joinNetwork({ id, name, config, state }: StoredContainer, { store }: ContainerParts): NetworkPlan {
  if (state.phase !== "running" || state.waiting !== undefined)
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: `cannot join network namespace of a non running container: container ${name} is ${state.phase === "running" ? "restarting" : state.phase}`,
    });
  return {
    namespace: { path: `/proc/${state.pid}/ns/net` },
    sharing: "private",
    hostname: config.Hostname,
    endpoints: [],
    links: [],
    files: new ContainerFiles(store.paths, id).etc,
    warnings: [],
  };
}
