import type { Database, Statement } from "better-sqlite3";
import { Failure } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import { isAlive } from "../../store/owner.ts";
import type { EndpointRecord, PublishedPort } from "../container-config.ts";
import { formatIpv4, gatewayOf, lowestFree, macOf, parseIpv4, parseSubnet } from "./addresses.ts";
import type { NetworkRecord } from "./driver.ts";
import type { PublishedEndpoint } from "./rules.ts";

/** Who uses an endpoint: a container, or a process (an Owner) that runs transient ones. */
export type EndpointUser = { readonly container: string } | { readonly process: string };

interface Row {
  readonly id: string;
  readonly network: string;
  readonly address: number;
  readonly ports: string;
}

/** Addresses and published ports in use, by all processes of a state root. */
export class EndpointTable {
  readonly #database: Database;
  readonly #addresses: Statement<[network: string], { readonly address: number }>;
  readonly #insert: Statement<[string, string, string | null, string | null, number, string]>;
  readonly #published: Statement<[network: string], Row>;
  readonly #ofContainer: Statement<[container: string], Row>;
  readonly #remove: Statement<[id: string]>;

  constructor(database: Database) {
    this.#database = database;
    this.#addresses = database.prepare("SELECT address FROM endpoints WHERE network = ?");
    this.#insert = database.prepare(
      "INSERT INTO endpoints (id, network, container, process, address, ports) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#published = database.prepare("SELECT * FROM endpoints WHERE network = ? AND ports <> '[]'");
    this.#ofContainer = database.prepare("SELECT * FROM endpoints WHERE container = ?");
    this.#remove = database.prepare("DELETE FROM endpoints WHERE id = ?");
  }

  /** Gives the addresses of processes that are gone back; they publish nothing. */
  #forgetDead(): void {
    const users = this.#database
      .prepare<[], { process: string }>("SELECT DISTINCT process FROM endpoints WHERE process IS NOT NULL")
      .all();
    const remove = this.#database.prepare("DELETE FROM endpoints WHERE process = ?");
    for (const { process } of users) if (!isAlive(process)) remove.run(process);
  }

  /** Takes the lowest free address of `network`. Throws NETWORK_FULL. */
  add(network: NetworkRecord, user: EndpointUser, ports: readonly PublishedPort[]): EndpointRecord {
    const subnet = parseSubnet(network.subnet ?? "");
    const id = newId();
    const address = this.#database
      .transaction(() => {
        this.#forgetDead();
        const taken = new Set(this.#addresses.all(network.id).map((row) => row.address));
        const free = lowestFree(subnet, taken);
        if (free === undefined)
          throw new Failure("NETWORK_FULL", { network: network.name, subnet: network.subnet ?? "" });
        const [container, process] = "container" in user ? [user.container, null] : [null, user.process];
        this.#insert.run(id, network.id, container, process, free, JSON.stringify(ports));
        return free;
      })
      .immediate();
    return describe(network, { id, network: network.id, address, ports: JSON.stringify(ports) });
  }

  /** Removes an endpoint; true when it had published ports. */
  remove(endpoint: Pick<EndpointRecord, "endpointId" | "ports">): boolean {
    return this.#remove.run(endpoint.endpointId).changes > 0 && endpoint.ports.length > 0;
  }

  ofContainer(container: string, networks: readonly NetworkRecord[]): readonly EndpointRecord[] {
    return this.#ofContainer.all(container).flatMap((row) => {
      const network = networks.find(({ id }) => id === row.network);
      return network === undefined ? [] : [describe(network, row)];
    });
  }

  published(network: NetworkRecord): readonly PublishedEndpoint[] {
    return this.#published
      .all(network.id)
      .map((row) => ({ address: formatIpv4(row.address), ports: JSON.parse(row.ports) as PublishedPort[] }));
  }

  /** Removes the endpoints whose user `isGone`; true when one of them had published ports. */
  sweep(isGone: (user: EndpointUser) => boolean): boolean {
    const rows = this.#database
      .prepare<[], Row & { readonly container: string | null; readonly process: string | null }>(
        "SELECT * FROM endpoints",
      )
      .all();
    const gone = rows.filter(({ container, process }) =>
      isGone(container === null ? { process: process ?? "" } : { container }),
    );
    for (const { id } of gone) this.#remove.run(id);
    return gone.some(({ ports }) => ports !== "[]");
  }
}

function describe(network: NetworkRecord, row: Row): EndpointRecord {
  const subnet = parseSubnet(network.subnet ?? "");
  return {
    network: network.name,
    networkId: network.id,
    endpointId: row.id,
    address: formatIpv4(row.address),
    prefixLength: subnet.prefix,
    gateway: formatIpv4(parseIpv4(network.gateway ?? "") ?? gatewayOf(subnet)),
    mac: macOf(row.address),
    ports: JSON.parse(row.ports) as PublishedPort[],
  };
}
