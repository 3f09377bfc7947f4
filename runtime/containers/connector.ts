import { Failure } from "../../core/errors.ts";
import { Undo } from "../../core/undo.ts";
import type { EndpointConfig, EndpointRecord } from "../container-config.ts";
import type { NetworkRecord } from "../network/driver.ts";
import { checkEndpoint } from "../network/endpoint-config.ts";
import { type Connections, freeLink, routeOut, wayOut } from "./connections.ts";
import type { ContainerTable } from "./container-table.ts";
import { networkEvent } from "./describe-event.ts";
import { joinedContainer } from "./joined-container.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { livingLinks } from "./links.ts";
import { needsNames, serveNames, writeResolver } from "./name-service.ts";
import { portsOf } from "./network-plan.ts";
import type { ContainerParts } from "./parts.ts";
import type { RunningState, StoredContainer } from "./stored-container.ts";

/** Connects containers that exist to networks, and disconnects them, while they run and while they do not. */
export class Connector {
  readonly #parts: ContainerParts;
  readonly #table: ContainerTable;
  readonly #lifecycle: Lifecycle;

  constructor(parts: ContainerParts, table: ContainerTable, lifecycle: Lifecycle) {
    this.#parts = parts;
    this.#table = table;
    this.#lifecycle = lifecycle;
  }

  /** Rejects with NETWORK_UNKNOWN, CONTAINER_UNKNOWN, ENDPOINT_EXISTS, ENDPOINT_INVALID, CONTAINER_CONFIG_INVALID, ADDRESS_TAKEN, … */
  async connect(text: string, networkText: string, config: EndpointConfig): Promise<void> {
    const { networks } = this.#parts;
    const network = networks.get(networkText);
    const { id } = this.#table.find(text);
    await using _lock = await this.#lifecycle.lock(id);
    const container = await this.#observe(id);
    checkConnect(container, network, config);
    const connections = { ...container.connections, [network.name]: config };
    if (container.state.phase === "running") await this.#join(container, network, config);
    this.#save(id, connections);
  }

  /** Rejects with NETWORK_UNKNOWN, CONTAINER_UNKNOWN, ENDPOINT_UNKNOWN, CONTAINER_CONFIG_INVALID. */
  async disconnect(text: string, networkText: string): Promise<void> {
    const { networks } = this.#parts;
    const { id } = this.#table.find(text);
    await using _lock = await this.#lifecycle.lock(id);
    const container = await this.#observe(id);
    // The network itself may be gone.
    const name = Object.hasOwn(container.connections, networkText)
      ? networkText
      : networks.get(networkText).name;
    const { [name]: gone, ...connections } = container.connections;
    if (gone === undefined) throw new Failure("ENDPOINT_UNKNOWN", { container: id, network: name });
    if (name === "host")
      throw invalid(
        "cannot disconnect container from host network - container was created in host network mode",
      );
    if (container.state.phase === "running") await this.#leave(container, name);
    this.#save(id, connections);
  }

  async #observe(id: string): Promise<StoredContainer> {
    const container = await this.#lifecycle.observeLocked(id);
    if (container === undefined) throw new Failure("CONTAINER_UNKNOWN", { container: id });
    return container;
  }

  #save(id: string, connections: Connections): void {
    const container = this.#table.byId(id);
    if (container !== undefined) this.#table.update({ ...container, connections });
  }

  async #join(container: StoredContainer, network: NetworkRecord, config: EndpointConfig): Promise<void> {
    const state = running(container);
    const { networks, record } = this.#parts;
    await using undo = new Undo();
    const request = { config, link: freeLink(state.endpoints) };
    const { endpoint } = await networks.connect(network, { container: container.id }, request);
    undo.add(() => networks.release([endpoint]));
    await networks.attach(endpoint, state.pid);
    undo.add(() => networks.detach(endpoint, state.pid));
    await this.#settle(container, [...state.endpoints, endpoint]);
    undo.keep();
    record(networkEvent(endpoint, container.id, "connect"));
  }

  async #leave(container: StoredContainer, name: string): Promise<void> {
    const state = running(container);
    const { networks, record } = this.#parts;
    const endpoint = state.endpoints.find(({ network }) => network === name);
    if (endpoint === undefined) return;
    await networks.detach(endpoint, state.pid);
    const others = state.endpoints.filter((each) => each !== endpoint);
    await networks.release([endpoint]);
    await this.#settle(container, others);
    record(networkEvent(endpoint, container.id, "disconnect"));
  }

  /** Another connection may be the way out now: it takes the default route and the published ports. */
  async #settle(container: StoredContainer, endpoints: readonly EndpointRecord[]): Promise<void> {
    const state = running(container);
    const { networks } = this.#parts;
    const before = wayOut(state.endpoints);
    const out = wayOut(endpoints);
    await routeOut(networks, state.pid, { endpoints, before: state.endpoints });
    const settled =
      out !== undefined && out.endpointId !== before?.endpointId
        ? await this.#movePorts(container, endpoints, out)
        : endpoints;
    this.#table.setState(container.id, { ...state, endpoints: settled });
    await this.#serveNames(container, settled);
    this.#lifecycle.files(container.id).writeHosts(container, {
      endpoints: settled,
      links: livingLinks(container, this.#table),
    });
  }

  /** A resolver that is there learns by itself what changes; one that was needed once stays. */
  async #serveNames(container: StoredContainer, endpoints: readonly EndpointRecord[]): Promise<void> {
    const state = running(container);
    const had = needsNames(state.endpoints);
    if (!had && !needsNames(endpoints)) return;
    writeResolver(container, endpoints, this.#parts);
    if (had) return;
    await serveNames(container, state.pid, this.#parts);
    this.#lifecycle.files(container.id).writeResolvConf(container, "named");
  }

  async #movePorts(
    container: StoredContainer,
    endpoints: readonly EndpointRecord[],
    out: EndpointRecord,
  ): Promise<readonly EndpointRecord[]> {
    const { networks } = this.#parts;
    const from = running(container).endpoints.find(({ ports }) => ports.length > 0);
    const moved = await networks.movePorts(from, out, portsOf(container, networks.get(out.networkId)));
    return endpoints.map((each) => {
      if (each.endpointId === out.endpointId) return moved;
      return each.endpointId === from?.endpointId ? { ...each, ports: [] } : each;
    });
  }
}

const invalid = (why: string): Failure => new Failure("CONTAINER_CONFIG_INVALID", { why });

function running({ id, state }: StoredContainer): RunningState {
  if (state.phase !== "running") throw new Failure("CONTAINER_NOT_RUNNING", { container: id });
  if (state.waiting !== undefined) throw new Failure("CONTAINER_RESTARTING", { container: id });
  return state;
}

function checkConnect(container: StoredContainer, network: NetworkRecord, config: EndpointConfig): void {
  const { name, hostConfig, connections } = container;
  if (network.name === "host")
    throw invalid(
      "cannot connect container to host network - container must be created in host network mode",
    );
  if (joinedContainer(hostConfig.NetworkMode) !== undefined || Object.hasOwn(connections, "host"))
    throw invalid(
      "container sharing network namespace with another container or host cannot be connected to any other network",
    );
  if (Object.keys(connections).length > 0 && (network.name === "none" || Object.hasOwn(connections, "none")))
    throw invalid(
      "container cannot be connected to multiple networks with one of the networks in private (none) mode",
    );
  if (Object.hasOwn(connections, network.name))
    throw new Failure("ENDPOINT_EXISTS", { container: name, network: network.name });
  checkEndpoint(network, config);
}
