import type { Database } from "better-sqlite3";
import { Failure } from "../../core/errors.ts";
import { newId, shortId } from "../../core/ids.ts";
import { query } from "../../store/database.ts";
import { isAlive } from "../../store/owner.ts";
import type { EndpointConfig, EndpointRecord, PublishedPort } from "../container-config.ts";
import { type Address, formatAddress, lowestFree, macOf, parseAddress, parseSubnet } from "./addresses.ts";
import type { FamilyAddresses, NetworkRecord } from "./driver.ts";
import { PLAIN_ENDPOINT } from "./endpoint-config.ts";
import type { NamedEndpoint } from "./resolver-files.ts";
import type { PublishedEndpoint } from "./rules.ts";

/** Who uses an endpoint: a container, or a process (an Owner) that runs transient ones. */
export type EndpointUser = { readonly container: string } | { readonly process: string };

export interface EndpointRequest {
  readonly ports: readonly PublishedPort[];
  readonly config: EndpointConfig;
  readonly link: string;
}

interface Row {
  readonly id: string;
  readonly network: string;
  readonly address: number;
  readonly address6: string | null;
  readonly ports: string;
  readonly document: string;
}
type Details = Pick<EndpointRequest, "config" | "link">;

/** Addresses and published ports in use, by all processes of a state root. */
export class EndpointTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Gives the addresses of processes that are gone back; they publish nothing. */
  #forgetDead(): void {
    const users = query<{ process: string }>(
      this.#database,
      "SELECT DISTINCT process FROM endpoints WHERE process IS NOT NULL",
    ).all();
    const remove = query(this.#database, "DELETE FROM endpoints WHERE process = ?");
    for (const { process } of users) if (!isAlive(process)) remove.run(process);
  }

  /** Takes the wanted addresses, or the lowest free ones. Throws NETWORK_FULL, ADDRESS_TAKEN. */
  add(network: NetworkRecord, user: EndpointUser, { ports, ...details }: EndpointRequest): EndpointRecord {
    const row = {
      id: newId(),
      network: network.id,
      ports: JSON.stringify(ports),
      document: JSON.stringify(details),
    };
    const [container, process] = "container" in user ? [user.container, null] : [null, user.process];
    const chosen = this.#database
      .transaction(() => {
        this.#forgetDead();
        const addresses = this.#chooseAddresses(network, details.config);
        const { address, address6 } = addresses;
        query(
          this.#database,
          "INSERT INTO endpoints (id, network, container, process, address, address6, ports, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ).run(row.id, network.id, container, process, address, address6, row.ports, row.document);
        return addresses;
      })
      .immediate();
    return describe(network, { ...row, ...chosen });
  }

  #chooseAddresses(network: NetworkRecord, wanted: EndpointConfig): Pick<Row, "address" | "address6"> {
    const rows = query<Pick<Row, "address" | "address6">>(
      this.#database,
      "SELECT address, address6 FROM endpoints WHERE network = ?",
    ).all(network.id);
    const given = rows.map(({ address }) => fromRow(address));
    const { name, subnet = "", gateway = "", addresses, ipv6 } = network;
    const four = { subnet, gateway, ...(addresses === undefined ? {} : { addresses }) };
    const address = Number(chooseAddress(name, four, { given, wanted: wanted.address }).value);
    if (ipv6 === undefined) return { address, address6: null };
    const given6 = rows.flatMap(({ address6 }) => parseAddress(address6 ?? "") ?? []);
    return {
      address,
      address6: formatAddress(chooseAddress(name, ipv6, { given: given6, wanted: wanted.address6 })),
    };
  }

  /** True when it was there. */
  remove(endpoint: Pick<EndpointRecord, "endpointId">): boolean {
    return this.#delete(endpoint.endpointId);
  }

  #delete(id: string): boolean {
    return query(this.#database, "DELETE FROM endpoints WHERE id = ?").run(id).changes > 0;
  }

  has(endpoint: string): boolean {
    return query(this.#database, "SELECT 1 FROM endpoints WHERE id = ?").get(endpoint) !== undefined;
  }

  /** Makes these the ports an endpoint publishes. */
  setPorts(endpoint: string, ports: readonly PublishedPort[]): void {
    query(this.#database, "UPDATE endpoints SET ports = ? WHERE id = ?").run(JSON.stringify(ports), endpoint);
  }

  ofContainer(container: string, networks: readonly NetworkRecord[]): readonly EndpointRecord[] {
    const rows = query<Row>(this.#database, "SELECT * FROM endpoints WHERE container = ?").all(container);
    return rows.flatMap((row) => {
      const network = networks.find(({ id }) => id === row.network);
      return network === undefined ? [] : [describe(network, row)];
    });
  }

  /** The containers in a network, by their names. */
  users(network: NetworkRecord): readonly { readonly name: string; readonly id: string }[] {
    return query<{ name: string; id: string }>(
      this.#database,
      "SELECT c.name, e.id FROM endpoints e JOIN containers c ON c.id = e.container WHERE e.network = ? ORDER BY c.name",
    ).all(network.id);
  }

  /** The containers in a network with all the names they have there. */
  named(network: NetworkRecord): readonly NamedEndpoint[] {
    const rows = query<
      Row & { readonly container: string; readonly name: string; readonly hostname: string }
    >(
      this.#database,
      `SELECT e.*, c.name, c.document ->> '$.config.Hostname' AS hostname
         FROM endpoints e JOIN containers c ON c.id = e.container WHERE e.network = ? ORDER BY e.address`,
    ).all(network.id);
    return rows.map(({ container, name, hostname, ...row }) => ({
      ...addressesOf(row),
      container,
      names: [name, ...describe(network, row).config.aliases, shortId(container), hostname],
    }));
  }

  published(network: NetworkRecord): readonly PublishedEndpoint[] {
    return query<Row>(this.#database, "SELECT * FROM endpoints WHERE network = ? AND ports <> '[]'")
      .all(network.id)
      .map((row) => ({ ...addressesOf(row), ports: JSON.parse(row.ports) as PublishedPort[] }));
  }

  /** Every port published on this host. */
  taken(): readonly PublishedPort[] {
    return query<{ ports: string }>(this.#database, "SELECT ports FROM endpoints WHERE ports <> '[]'")
      .all()
      .flatMap(({ ports }) => JSON.parse(ports) as PublishedPort[]);
  }

  /** Removes the endpoints whose user `isGone`, and tells their networks and whether they had published ports. */
  sweep(
    isGone: (user: EndpointUser) => boolean,
  ): readonly { readonly network: string; readonly published: boolean }[] {
    const rows = query<Row & { readonly container: string | null; readonly process: string | null }>(
      this.#database,
      "SELECT * FROM endpoints",
    ).all();
    const gone = rows.filter(({ container, process }) =>
      isGone(container === null ? { process: process ?? "" } : { container }),
    );
    for (const { id } of gone) this.#delete(id);
    return gone.map(({ network, ports }) => ({ network, published: ports !== "[]" }));
  }
}

/** Throws ADDRESS_TAKEN, NETWORK_FULL. */
function chooseAddress(
  network: string,
  { subnet, gateway, addresses }: FamilyAddresses,
  { given, wanted }: { readonly given: readonly Address[]; readonly wanted: string | undefined },
): Address {
  const kept = [gateway, ...Object.values(addresses?.reserved ?? {})].flatMap(
    (one) => parseAddress(one) ?? [],
  );
  const taken = [...given, ...kept];
  const address = wanted === undefined ? undefined : parseAddress(wanted);
  if (address !== undefined) {
    if (taken.some(({ value }) => value === address.value))
      throw new Failure("ADDRESS_TAKEN", { address: wanted ?? "", network });
    return address;
  }
  const range = addresses?.range === undefined ? undefined : parseSubnet(addresses.range, 0);
  const free = lowestFree(parseSubnet(subnet), taken, range);
  if (free === undefined) throw new Failure("NETWORK_FULL", { network, subnet: addresses?.range ?? subnet });
  return free;
}

const fromRow = (address: number): Address => ({ family: 4, value: BigInt(address) });

const addressesOf = ({
  address,
  address6,
}: Row): { readonly address: string; readonly address6?: string } => ({
  address: formatAddress(fromRow(address)),
  ...(address6 === null ? {} : { address6 }),
});

function describe(network: NetworkRecord, row: Row): EndpointRecord {
  const details = { config: PLAIN_ENDPOINT, link: "eth0", ...(JSON.parse(row.document) as Partial<Details>) };
  const { subnet = "", gateway = "", ipv6 } = network;
  const { address, address6 } = addressesOf(row);
  const place = (family: Pick<FamilyAddresses, "subnet" | "gateway">) => ({
    prefixLength: parseSubnet(family.subnet).prefix,
    gateway: network.internal ? "" : family.gateway,
  });
  return {
    network: network.name,
    networkId: network.id,
    driver: network.driver,
    endpointId: row.id,
    ...details,
    address,
    ...place({ subnet, gateway }),
    ...(ipv6 === undefined || address6 === undefined ? {} : { ipv6: { address: address6, ...place(ipv6) } }),
    mac: details.config.mac ?? macOf(fromRow(row.address)),
    ports: JSON.parse(row.ports) as PublishedPort[],
  };
}
