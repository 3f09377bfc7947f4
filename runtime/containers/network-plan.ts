import { hostname } from "node:os";
import { Failure } from "../../core/errors.ts";
import type { EndpointRecord } from "../container-config.ts";
import type { NetworkSharing } from "../network/driver.ts";
import type { Networks } from "../network/networks.ts";
import { portRequests } from "../network/ports.ts";
import { ContainerFiles } from "./container-files.ts";
import type { ContainerTable } from "./container-table.ts";
import type { ContainerParts } from "./parts.ts";
import type { StoredContainer } from "./stored-container.ts";

/** How a container that is about to start is connected. */
export interface NetworkPlan {
  /** For the specification. */
  readonly namespace: "private" | "host" | { readonly path: string };
  readonly sharing: NetworkSharing;
  readonly hostname: string;
  /** To be attached once its process exists; none in another container's network. */
  readonly endpoint?: EndpointRecord;
  /** Generated files: destination → host path. */
  readonly files: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

const CONTAINER_MODE = /^container:(.*)$/;

/** Docker's "default" is the bridge. */
export const networkName = (mode: string): string => (mode === "" || mode === "default" ? "bridge" : mode);

/** Reserves what the container's NetworkMode asks for. Rejects with NETWORK_UNKNOWN, PORT_TAKEN, CONTAINER_UNKNOWN, … */
export async function planNetwork(
  container: StoredContainer,
  parts: ContainerParts,
  table: ContainerTable,
): Promise<NetworkPlan> {
  const { id, config, hostConfig } = container;
  const [, other] = CONTAINER_MODE.exec(hostConfig.NetworkMode) ?? [];
  if (other !== undefined) return joinNetwork(table.find(other), parts);
  const { networks } = parts;
  const network = networks.get(networkName(hostConfig.NetworkMode));
  const { sharing } = networks.driverOf(network);
  const ports = network.subnet === undefined ? [] : portRequests(hostConfig, exposedBy(container));
  await networks.release(networks.endpointsOf(id));
  const { endpoint, warnings } = await networks.connect(network, { container: id }, ports);
  const files = new ContainerFiles(parts.store.paths, id);
  files.writeEtc(container, endpoint, sharing);
  return {
    namespace: sharing,
    sharing,
    hostname: config.Hostname,
    endpoint,
    files: files.etc,
    warnings,
  };
}

const exposedBy = ({ config }: StoredContainer): readonly string[] => Object.keys(config.ExposedPorts ?? {});

/** The other's namespace, name and files. */
function joinNetwork({ id, config, state }: StoredContainer, { store }: ContainerParts): NetworkPlan {
  if (state.phase !== "running")
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: `cannot join network of a non running container: ${id}`,
    });
  return {
    namespace: { path: `/proc/${state.pid}/ns/net` },
    sharing: "private",
    hostname: config.Hostname,
    files: new ContainerFiles(store.paths, id).etc,
    warnings: [],
  };
}

/** A container in the host's network has the host's name. */
export const defaultHostname = (id: string, networks: Networks, mode: string): string => {
  if (CONTAINER_MODE.test(mode)) return "";
  const network = networks.list().find(({ name }) => name === networkName(mode));
  const shared = network !== undefined && networks.driverOf(network).sharing === "host";
  return shared ? hostname() : id.slice(0, 12);
};
