import { rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Database } from "better-sqlite3";
import { Failure, isCode } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { EndpointConfig, EndpointRecord, PublishedPort } from "../container-config.ts";
import type { Family } from "./addresses.ts";
import { checkNetwork, type NetworkCreate } from "./compile-network.ts";
import { gatewayTo, type NetworkDriver, type NetworkRecord, publishesPorts } from "./driver.ts";
import { checkEndpoint, PLAIN_ENDPOINT } from "./endpoint-config.ts";
import { EndpointTable, type EndpointUser } from "./endpoint-table.ts";
import { choosePorts } from "./free-ports.ts";
import { type HostNetwork, hasNames, isBuiltIn, NetworkTable } from "./network-table.ts";
import { NO_ADDRESS } from "./no-address.ts";
import type { PortRequest } from "./ports.ts";
import { networkNames, replaceText } from "./resolver-files.ts";

export interface NetworksOptions {
  readonly root: string;
  readonly database: Database;
  readonly locks: { hold(name: string): Promise<AsyncDisposable> };
  /** By name; "bridge", "host" and "null" are needed. */
  readonly drivers: readonly NetworkDriver[];
  readonly host: HostNetwork;
  /** Where the names of a network are kept for the resolvers of its containers. */
  readonly namesFile: (network: string) => string;
}

const LOCK = "networks";
const FIRST_LINK = "eth0";

export interface ConnectRequest {
  readonly ports?: readonly PortRequest[];
  readonly config?: EndpointConfig;
  /** The interface it will be inside. */
  readonly link?: string;
}

export interface Connection {
  readonly endpoint: EndpointRecord;
  readonly warnings: readonly string[];
}

/** The networks of a state root, and who is connected to them. Several processes may use one root at once. */
export class Networks {
  readonly #options: NetworksOptions;
  readonly #table: NetworkTable;
  readonly #endpoints: EndpointTable;

  constructor(options: NetworksOptions) {
    this.#options = options;
    this.#table = new NetworkTable(options);
    this.#endpoints = new EndpointTable(options.database);
  }

  list(): readonly NetworkRecord[] {
    return this.#table.list();
  }

  /** By name, id or unique prefix of an id. Throws NETWORK_UNKNOWN, NETWORK_AMBIGUOUS. */
  get(text: string): NetworkRecord {
    return this.#table.get(text);
  }

  driverOf(network: NetworkRecord): NetworkDriver {
    const driver = this.#options.drivers.find(({ name }) => name === network.driver);
    if (driver === undefined)
      throw new Failure("OPTION_UNSUPPORTED", { option: `network driver ${network.driver}` });
    return driver;
  }

  /** See NetworkDriver. */
  optionsOf(network: NetworkRecord): Readonly<Record<string, string>> {
    return this.driverOf(network).optionsOf(network);
  }

  /**
   * Makes a network, and what it needs on this host. Rejects with IPV6_UNAVAILABLE, NETWORK_EXISTS, NETWORK_INVALID, NETWORK_PREDEFINED,
   * NETWORK_SUBNET_OVERLAPS, NETWORK_SUBNET_TAKEN, OPTION_UNSUPPORTED; there is no network then.
   */
  async create(
    request: NetworkCreate,
  ): Promise<{ readonly network: NetworkRecord; readonly warnings: readonly string[] }> {
    checkNetwork(request);
    const network = this.#table.create(request, (each) => this.driverOf(each).check(each));
    try {
      return { network, warnings: await this.ready(network) };
    } catch (error) {
      await this.#delete(network);
      throw error;
    }
  }

  /** Rejects with NETWORK_UNKNOWN, NETWORK_PREDEFINED, NETWORK_IN_USE. */
  async remove(text: string): Promise<NetworkRecord> {
    const network = this.get(text);
    if (isBuiltIn(network))
      throw new Failure("NETWORK_PREDEFINED", { network: network.name, change: "remove" });
    await using _lock = await this.#options.locks.hold(lockOf(network));
    const users = this.users(network);
    if (users.length > 0) throw new Failure("NETWORK_IN_USE", { network: network.name, users });
    await this.#delete(network);
    return network;
  }

  /** The row last: a crash leaves a network that can be removed again. */
  async #delete(network: NetworkRecord): Promise<void> {
    await this.driverOf(network).delete(network);
    rmSync(dirname(this.#options.namesFile(network.id)), { recursive: true, force: true });
    this.#table.remove(network.id);
  }

  /** The containers that are connected: their names, and short ids of their endpoints. */
  users(network: NetworkRecord): readonly { readonly name: string; readonly id: string }[] {
    return this.#endpoints.users(network).map(({ name, id }) => ({ name, id: id.slice(0, 12) }));
  }

  /**
   * Reserves an address (and host ports) for a container and makes the network ready on this host; attach() does the rest once its namespace
   * exists. Rejects with NETWORK_FULL, NETWORK_UNKNOWN, ADDRESS_TAKEN, ENDPOINT_INVALID, PORT_ALLOCATED, FIREWALL_FAILED and reserves nothing then.
   */
  async connect(
    network: NetworkRecord,
    user: EndpointUser,
    { ports = [], config = PLAIN_ENDPOINT, link = FIRST_LINK }: ConnectRequest = {},
  ): Promise<Connection> {
    checkEndpoint(network, config);
    if (network.subnet === undefined) return { endpoint: plainEndpoint(network, config), warnings: [] };
    // Nobody removes the network meanwhile.
    await using _lock = await this.#options.locks.hold(lockOf(network));
    const warnings = await this.#makeReady(this.get(network.id));
    const endpoint = this.#endpoints.add(network, user, { ports: [], config, link });
    this.#writeNames(network);
    if (ports.length === 0) return { endpoint, warnings };
    try {
      return { endpoint: await this.publish(endpoint, ports), warnings };
    } catch (error) {
      this.#endpoints.remove(endpoint);
      this.#writeNames(network);
      throw error;
    }
  }

  /** For who holds the network's lock. */
  #writeNames(network: NetworkRecord): void {
    if (!namesIn(network)) return;
    const text = networkNames(network.name, this.#endpoints.named(network));
    replaceText(this.#options.namesFile(network.id), text);
  }

  /** Makes the names in these networks what they are now; those that are gone have none. */
  async #renewNames(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const networks = this.list().filter((network) => ids.includes(network.id) && namesIn(network));
    for (const network of networks) {
      await using _lock = await this.#options.locks.hold(lockOf(network));
      if (this.list().some(({ id }) => id === network.id)) this.#writeNames(network);
    }
  }

  /** A container has another name now. */
  async renamed(container: string): Promise<void> {
    await this.#renewNames(this.endpointsOf(container).map(({ networkId }) => networkId));
  }

  /** Makes ports of a connected container reachable on this host. Rejects with PORT_ALLOCATED, PORT_TAKEN, FIREWALL_FAILED and publishes nothing then. */
  async publish(endpoint: EndpointRecord, requests: readonly PortRequest[]): Promise<EndpointRecord> {
    await using _lock = await this.#options.locks.hold(LOCK);
    return await this.#publish(endpoint, await choosePorts(requests, this.#endpoints.taken()));
  }

  /**
   * Publishes the ports of one connection of a container at another one of it, the same ports of this host if there were any. Returns `to` as
   * it is then. Rejects with FIREWALL_FAILED, PORT_ALLOCATED, PORT_TAKEN.
   */
  async movePorts(
    from: EndpointRecord | undefined,
    to: EndpointRecord,
    requests: readonly PortRequest[],
  ): Promise<EndpointRecord> {
    if (from === undefined) return requests.length === 0 ? to : this.publish(to, requests);
    await using _lock = await this.#options.locks.hold(LOCK);
    if (this.#endpoints.has(from.endpointId)) await this.#publish(from, []);
    return await this.#publish(to, from.ports);
  }

  async #publish(endpoint: EndpointRecord, ports: readonly PublishedPort[]): Promise<EndpointRecord> {
    const network = this.get(endpoint.networkId);
    const driver = this.driverOf(network);
    if (!publishesPorts(driver))
      throw new Failure("OPTION_UNSUPPORTED", { option: `publishing ports on a ${driver.name} network` });
    this.#endpoints.setPorts(endpoint.endpointId, ports);
    try {
      await driver.publish(network, this.#endpoints.published(network));
    } catch (error) {
      this.#endpoints.setPorts(endpoint.endpointId, endpoint.ports);
      throw error;
    }
    return { ...endpoint, ports };
  }

  /** Makes what the network needs on this host. */
  async ready(network: NetworkRecord): Promise<readonly string[]> {
    await using _lock = await this.#options.locks.hold(lockOf(network));
    return await this.#makeReady(network);
  }

  #makeReady(network: NetworkRecord): Promise<readonly string[]> {
    return this.driverOf(network).create(network, this.list());
  }

  async attach(endpoint: EndpointRecord, pid: number): Promise<void> {
    const network = this.get(endpoint.networkId);
    await this.driverOf(network).attach(network, endpoint, pid);
  }

  /** Disconnects a namespace that goes on. */
  async detach(endpoint: EndpointRecord, pid: number): Promise<void> {
    await this.driverOf(this.get(endpoint.networkId)).detach(endpoint, pid);
  }

  /** Makes a connection the namespace's way out of one family, if it leads out at all. */
  async route(endpoint: EndpointRecord, pid: number, family: Family = 4): Promise<void> {
    if (gatewayTo(endpoint, family) !== "")
      await this.driverOf(this.get(endpoint.networkId)).route(endpoint, pid, family);
  }

  endpointsOf(container: string): readonly EndpointRecord[] {
    return this.#endpoints.ofContainer(container, this.list());
  }

  /** Gives addresses, names and ports back. Idempotent. */
  async release(endpoints: readonly EndpointRecord[]): Promise<void> {
    const removed = endpoints.filter((endpoint) => this.#endpoints.remove(endpoint));
    await this.#renewNames(removed.map(({ networkId }) => networkId));
    if (removed.some(({ ports }) => ports.length > 0)) await this.#republish();
  }

  /** Gives back what users that are gone held. */
  async sweep(isGone: (user: EndpointUser) => boolean): Promise<void> {
    const removed = this.#endpoints.sweep(isGone);
    await this.#renewNames(removed.map(({ network }) => network));
    if (removed.some(({ published }) => published)) await this.#republish();
  }

  async #republish(): Promise<void> {
    await using _lock = await this.#options.locks.hold(LOCK);
    for (const network of this.list()) {
      const driver = this.driverOf(network);
      if (publishesPorts(driver))
        await withoutFirewall(driver.publish(network, this.#endpoints.published(network)));
    }
  }
}

const namesIn = ({ name, driver }: NetworkRecord): boolean => hasNames({ network: name, driver });

const lockOf = ({ id }: NetworkRecord): string => `${LOCK}-${id.slice(0, 16)}`;

/**
 * A port that is given back must not hold up the end of its container: should its rules stay, the next change of any port replaces all of them.
 */
async function withoutFirewall(published: Promise<void>): Promise<void> {
  try {
    await published;
  } catch (error) {
    if (!isCode(error, "FIREWALL_FAILED")) throw error;
  }
}

/** A connection without an address. */
const plainEndpoint = (network: NetworkRecord, config: EndpointConfig): EndpointRecord => ({
  network: network.name,
  networkId: network.id,
  driver: network.driver,
  endpointId: newId(),
  config,
  ...NO_ADDRESS,
});
