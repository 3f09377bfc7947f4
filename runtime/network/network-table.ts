import type { Database } from "better-sqlite3";
import { Failure } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import { sha256 } from "../../core/sha256.ts";
import { query } from "../../store/database.ts";
import { overlaps, type Subnet } from "./addresses.ts";
import { candidateSubnets, parseRoutes, parseRoutes6, uniqueLocalSubnets } from "./candidates.ts";
import { compileAddresses, type NetworkCreate, splitAddresses, subnetsOf } from "./compile-network.ts";
import type { NetworkRecord } from "./driver.ts";

/** What the choice of subnets needs to know of this host. */
export interface HostNetwork {
  /** Tells it from others, for as long as it lives. */
  readonly id: () => string;
  /** Text of /proc/net/route. */
  readonly routes: () => string;
  /** Text of /proc/net/ipv6_route; "" without IPv6. */
  readonly routes6: () => string;
}

export interface NetworkTableOptions {
  readonly root: string;
  readonly database: Database;
  readonly host: HostNetwork;
}

const DEFAULT_ROOT = "/var/lib/slipway";
/** Networks every root has: name → driver. */
const BUILT_IN = { bridge: "bridge", host: "host", none: "null" } as const;
export const isBuiltIn = ({ name }: Pick<NetworkRecord, "name">): boolean => Object.hasOwn(BUILT_IN, name);

/** Whether containers find each other by name in it: in those of users. */
export const hasNames = ({
  network,
  driver,
}: {
  readonly network: string;
  readonly driver: string;
}): boolean => driver === "bridge" && !isBuiltIn({ name: network });

/** The networks of a state root; rows of before have fewer fields. */
export class NetworkTable {
  readonly #options: NetworkTableOptions;
  /** What the rows said when they were read last, by their text. */
  #parsed: ReadonlyMap<string, NetworkRecord> = new Map();

  constructor(options: NetworkTableOptions) {
    this.#options = options;
  }

  list(): readonly NetworkRecord[] {
    const known = this.#read();
    return known.length > 0 ? known : this.#makeBuiltIn();
  }

  /** By name, id or unique prefix of an id. Throws NETWORK_UNKNOWN, NETWORK_AMBIGUOUS. */
  get(text: string): NetworkRecord {
    const all = this.list();
    const exact = all.find(({ id }) => id === text) ?? all.find(({ name }) => name === text);
    if (exact !== undefined) return exact;
    const [found, ...more] = text === "" ? [] : all.filter(({ id }) => id.startsWith(text));
    if (found === undefined) throw new Failure("NETWORK_UNKNOWN", { network: text });
    if (more.length > 0) throw new Failure("NETWORK_AMBIGUOUS", { prefix: text, matches: more.length + 1 });
    return found;
  }

  /** Takes the name and the subnet. Throws NETWORK_EXISTS, NETWORK_SUBNET_OVERLAPS, NETWORK_SUBNET_TAKEN, NETWORK_INVALID. */
  create(request: NetworkCreate, check: (network: NetworkRecord) => void): NetworkRecord {
    this.list();
    return this.#options.database
      .transaction(() => {
        const others = this.#read();
        if (others.some(({ name }) => name === request.name))
          throw new Failure("NETWORK_EXISTS", { network: request.name });
        const wanted = splitAddresses(request);
        const network = {
          ...describe(request),
          ...compileAddresses(wanted[4], others, () => this.#chooseSubnet(others)),
          ...(request.ipv6 === true
            ? { ipv6: compileAddresses(wanted[6], others, () => this.#chooseSubnet6(others)) }
            : {}),
        };
        check(network);
        this.#insert(network);
        return network;
      })
      .immediate();
  }

  remove(id: string): void {
    this.#options.database.prepare("DELETE FROM networks WHERE id = ?").run(id);
  }

  #read(): readonly NetworkRecord[] {
    const rows = query<{ document: string }>(
      this.#options.database,
      "SELECT document FROM networks ORDER BY name",
    ).all();
    const parsed = rows.map(
      ({ document }) => [document, this.#parsed.get(document) ?? parse(document)] as const,
    );
    this.#parsed = new Map(parsed);
    return parsed.map(([, network]) => network);
  }

  #insert(network: NetworkRecord): void {
    this.#options.database
      .prepare("INSERT INTO networks (id, name, document) VALUES (?, ?, ?)")
      .run(network.id, network.name, JSON.stringify(network));
  }

  #makeBuiltIn(): readonly NetworkRecord[] {
    this.#options.database
      .transaction(() => {
        if (this.#read().length > 0) return;
        for (const [name, driver] of Object.entries(BUILT_IN)) {
          const choose = () => this.#chooseSubnet([]);
          const addresses = driver === "bridge" ? compileAddresses(undefined, [], choose) : {};
          this.#insert({ ...describe({ name, driver }), ...addresses });
        }
      })
      .immediate();
    return this.#read();
  }

  /** Other roots on this host begin at a place of their own in the list, so that two that start at once rarely meet. */
  #chooseSubnet(others: readonly NetworkRecord[]): Subnet {
    const { root, host } = this.#options;
    const all = candidateSubnets();
    const start = root === DEFAULT_ROOT ? 0 : sha256(root).readUInt32BE() % all.length;
    const taken = [...parseRoutes(host.routes()), ...others.flatMap(subnetsOf)];
    const candidates = [...all.slice(start), ...all.slice(0, start)];
    return firstFree(candidates, taken, `${all.length} networks of 172.16/12, 10/8 and 192.168/16`);
  }

  /** The same site for all networks of a root. */
  #chooseSubnet6(others: readonly NetworkRecord[]): Subnet {
    const { root, host } = this.#options;
    const candidates = uniqueLocalSubnets(`${host.id()} ${root}`);
    const taken = [...parseRoutes6(host.routes6()), ...others.flatMap(subnetsOf)];
    return firstFree(candidates, taken, `${candidates.length} networks of fd00::/8`);
  }
}

const ABSENT = { internal: false, attachable: false, labels: {}, options: {} };
const parse = (document: string): NetworkRecord => ({
  ...ABSENT,
  ...(JSON.parse(document) as NetworkRecord),
});

function firstFree(candidates: readonly Subnet[], taken: readonly Subnet[], tried: string): Subnet {
  const free = candidates.find((candidate) => !taken.some((route) => overlaps(route, candidate)));
  if (free === undefined) throw new Failure("NETWORK_SUBNET_TAKEN", { tried });
  return free;
}

const describe = ({ name, driver = "bridge", ...wanted }: NetworkCreate): NetworkRecord => ({
  id: newId(),
  name,
  driver,
  internal: wanted.internal ?? false,
  attachable: wanted.attachable ?? false,
  labels: wanted.labels ?? {},
  options: wanted.options ?? {},
  createdAt: new Date().toISOString(),
});
