import type { EndpointRecord } from "../container-config.ts";
import type { Family } from "./addresses.ts";
import type { PublishedEndpoint } from "./rules.ts";

/** Which addresses of one family a network was asked to have: Docker Engine API "IPAMConfig". */
export interface AddressConfig {
  readonly subnet: string;
  readonly gateway?: string;
  /** The part of the subnet that containers get addresses from. */
  readonly range?: string;
  /** Addresses nobody gets, each under a name. */
  readonly reserved?: Readonly<Record<string, string>>;
}

/** What a network has of one family. */
export interface FamilyAddresses {
  /** "fd00:1:2:3::/64" */
  readonly subnet: string;
  readonly gateway: string;
  /** What was asked for; absent where the subnet was chosen here. */
  readonly addresses?: AddressConfig;
}

/** A network as the database knows it. */
export interface NetworkRecord {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  /** Only where containers get an address: "172.20.0.0/16". */
  readonly subnet?: string;
  readonly gateway?: string;
  /** What was asked for; absent where the subnet was chosen here. */
  readonly addresses?: AddressConfig;
  /** Absent where containers get no IPv6 address. */
  readonly ipv6?: FamilyAddresses;
  /** Without a way out, and without one in. */
  readonly internal: boolean;
  /** Was asked for, and changes nothing: any container may be attached. */
  readonly attachable: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Options of the driver, by Docker's names. */
  readonly options: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** How a container's network namespace relates to the host's. */
export type NetworkSharing = "private" | "host";

/** A kind of network. https://github.com/moby/moby/tree/master/daemon/libnetwork names the same calls. */
export interface NetworkDriver {
  readonly name: string;
  readonly sharing: NetworkSharing;
  /** Refuses what it cannot make of a network that is not in the database yet. Throws IPV6_UNAVAILABLE, NETWORK_INVALID, OPTION_UNSUPPORTED. */
  check(network: NetworkRecord): void;
  /** By Docker's names: what it was asked for, and of a network that was made unasked what holds in it. */
  optionsOf(network: NetworkRecord): Readonly<Record<string, string>>;
  /**
   * Makes what the network needs on this host; cheap where it is there already. `all` are the networks of the root: what is on the host of
   * others that were there goes away. Returns warnings: what this host cannot do, and what is lost.
   */
  create(network: NetworkRecord, all: readonly NetworkRecord[]): Promise<readonly string[]>;
  /** Takes it away again. Idempotent. */
  delete(network: NetworkRecord): Promise<void>;
  /** Connects the network namespace of `pid`. What it makes goes away with that namespace. */
  attach(network: NetworkRecord, endpoint: EndpointRecord, pid: number): Promise<void>;
  /** Takes the connection of a living namespace away. Idempotent. */
  detach(endpoint: EndpointRecord, pid: number): Promise<void>;
  /** Makes it the way out of the namespace of `pid` for one family, in place of the one it had. The endpoint has a gateway of it. */
  route(endpoint: EndpointRecord, pid: number, family: Family): Promise<void>;
}

/** Optional: makes ports of containers reachable on this host. */
export interface PortPublisher {
  /** Publishes exactly these. Rejects with FIREWALL_FAILED. */
  publish(network: NetworkRecord, endpoints: readonly PublishedEndpoint[]): Promise<void>;
}
export const publishesPorts = (driver: NetworkDriver): driver is NetworkDriver & PortPublisher =>
  "publish" in driver;

/** Where a connection leads out for one family; "" where it does not. */
export const gatewayTo = ({ gateway, ipv6 }: EndpointRecord, family: Family): string =>
  family === 4 ? gateway : (ipv6?.gateway ?? "");
