import { createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import { Failure, isCode } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { EndpointRecord } from "../container-config.ts";
import {
  candidateSubnets,
  formatIpv4,
  formatSubnet,
  gatewayOf,
  overlaps,
  parseRoutes,
  type Subnet,
} from "./addresses.ts";
import { type NetworkDriver, type NetworkRecord, publishesPorts } from "./driver.ts";
import { EndpointTable, type EndpointUser } from "./endpoint-table.ts";
import { choosePorts, type PortRequest } from "./ports.ts";

export interface NetworksOptions {
  readonly root: string;
  readonly database: Database;
  readonly locks: { hold(name: string): Promise<AsyncDisposable> };
  /** By name; "bridge", "host" and "null" are needed. */
  readonly drivers: readonly NetworkDriver[];
  /** Text of /proc/net/route. */
  readonly routes: () => string;
}

const DEFAULT_ROOT = "/var/lib/slipway";
/** Networks every root has: name → driver. */
const BUILT_IN = { bridge: "bridge", host: "host", none: "null" } as const;
const LOCK = "networks";

export interface Connection {
  readonly endpoint: EndpointRecord;
  readonly warnings: readonly string[];
}

/** The networks of a state root, and who is connected to them. Several processes may use one root at once. */
export class Networks {
  readonly #options: NetworksOptions;
  readonly #endpoints: EndpointTable;

  constructor(options: NetworksOptions) {
    this.#options = options;
    this.#endpoints = new EndpointTable(options.database);
  }

  list(): readonly NetworkRecord[] {
    const known = this.#read();
    return known.length > 0 ? known : this.#makeBuiltIn();
  }

  /** By name, id or unique prefix of an id. Throws NETWORK_UNKNOWN. */
  get(text: string): NetworkRecord {
    const all = this.list();
    const prefixed = all.filter(({ id }) => text !== "" && id.startsWith(text));
    const found =
      all.find(({ name, id }) => name === text || id === text) ??
      (prefixed.length === 1 ? prefixed[0] : undefined);
    if (found === undefined) throw new Failure("NETWORK_UNKNOWN", { network: text });
    return found;
  }

  driverOf(network: NetworkRecord): NetworkDriver {
    const driver = this.#options.drivers.find(({ name }) => name === network.driver);
    if (driver === undefined)
      throw new Failure("OPTION_UNSUPPORTED", { option: `network driver ${network.driver}` });
    return driver;
  }

  /**
   * Reserves an address (and host ports) for a container and makes the network ready on this host; attach() does the rest once its namespace
   * exists. Rejects with NETWORK_FULL, PORT_TAKEN, FIREWALL_FAILED and reserves nothing then.
   */
  async connect(
    network: NetworkRecord,
    user: EndpointUser,
    ports: readonly PortRequest[],
  ): Promise<Connection> {
    const driver = this.driverOf(network);
    if (network.subnet === undefined) return { endpoint: plainEndpoint(network), warnings: [] };
    const warnings = await this.ready(network);
    if (ports.length === 0) return { endpoint: this.#endpoints.add(network, user, []), warnings };
    if (!publishesPorts(driver))
      throw new Failure("OPTION_UNSUPPORTED", { option: `publishing ports on a ${driver.name} network` });
    await using _lock = await this.#options.locks.hold(LOCK);
    const taken = this.#endpoints.published(network).flatMap((other) => other.ports);
    const endpoint = this.#endpoints.add(network, user, await choosePorts(ports, taken));
    try {
      await driver.publish(network, this.#endpoints.published(network));
    } catch (error) {
      this.#endpoints.remove(endpoint);
      throw error;
    }
    return { endpoint, warnings };
  }

  /** Makes what the network needs on this host. */
  async ready(network: NetworkRecord): Promise<readonly string[]> {
    const driver = this.driverOf(network);
    await using _lock = await this.#options.locks.hold(`${LOCK}-${network.name}`);
    return await driver.create(network);
  }

  async attach(endpoint: EndpointRecord, pid: number): Promise<void> {
    const network = this.get(endpoint.networkId);
    await this.driverOf(network).attach(network, endpoint, pid);
  }

  endpointsOf(container: string): readonly EndpointRecord[] {
    return this.#endpoints.ofContainer(container, this.list());
  }

  /** Gives addresses and ports back. Idempotent. */
  async release(endpoints: readonly EndpointRecord[]): Promise<void> {
    const changed = endpoints.filter((endpoint) => this.#endpoints.remove(endpoint));
    if (changed.length > 0) await this.#republish();
  }

  /** Gives back what users that are gone held. */
  async sweep(isGone: (user: EndpointUser) => boolean): Promise<void> {
    if (this.#endpoints.sweep(isGone)) await this.#republish();
  }

  async #republish(): Promise<void> {
    await using _lock = await this.#options.locks.hold(LOCK);
    for (const network of this.list()) {
      const driver = this.driverOf(network);
      if (publishesPorts(driver))
        await withoutFirewall(driver.publish(network, this.#endpoints.published(network)));
    }
  }

  #read(): readonly NetworkRecord[] {
    const rows = this.#options.database
      .prepare<[], { document: string }>("SELECT document FROM networks ORDER BY name")
      .all();
    return rows.map((row) => JSON.parse(row.document) as NetworkRecord);
  }

  #makeBuiltIn(): readonly NetworkRecord[] {
    const { database } = this.#options;
    const insert = database.prepare("INSERT OR IGNORE INTO networks (id, name, document) VALUES (?, ?, ?)");
    const subnet = this.#chooseSubnet();
    const addresses = { subnet: formatSubnet(subnet), gateway: formatIpv4(gatewayOf(subnet)) };
    database
      .transaction(() => {
        for (const [name, driver] of Object.entries(BUILT_IN)) {
          const record: NetworkRecord = {
            id: newId(),
            name,
            driver,
            ...(driver === "bridge" ? addresses : {}),
            createdAt: new Date().toISOString(),
          };
          insert.run(record.id, name, JSON.stringify(record));
        }
      })
      .immediate();
    return this.#read();
  }

  /** Other roots on this host begin at a place of their own in the list, so that two that start at once rarely meet. */
  #chooseSubnet(): Subnet {
    const { root, routes } = this.#options;
    const all = candidateSubnets();
    const start =
      root === DEFAULT_ROOT ? 0 : createHash("sha256").update(root).digest().readUInt32BE() % all.length;
    const taken = parseRoutes(routes());
    const candidates = [...all.slice(start), ...all.slice(0, start)];
    const free = candidates.find((candidate) => !taken.some((route) => overlaps(route, candidate)));
    if (free === undefined)
      throw new Failure("NETWORK_SUBNET_TAKEN", {
        tried: `${all.length} networks of 172.16/12, 10/8 and 192.168/16`,
      });
    return free;
  }
}

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
const plainEndpoint = (network: NetworkRecord): EndpointRecord => ({
  network: network.name,
  networkId: network.id,
  endpointId: newId(),
  address: "",
  prefixLength: 0,
  gateway: "",
  mac: "",
  ports: [],
});
