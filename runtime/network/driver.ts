import type { EndpointRecord } from "../container-config.ts";
import type { PublishedEndpoint } from "./rules.ts";

/** A network as the database knows it. */
export interface NetworkRecord {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  /** Only where containers get an address: "172.20.0.0/16". */
  readonly subnet?: string;
  readonly gateway?: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** How a container's network namespace relates to the host's. */
export type NetworkSharing = "private" | "host";

/** A kind of network. https://github.com/moby/moby/tree/master/daemon/libnetwork names the same calls. */
export interface NetworkDriver {
  readonly name: string;
  readonly sharing: NetworkSharing;
  /**
   * Makes what the network needs on this host; cheap where it is there already. Returns warnings: what this host cannot do, and what is lost.
   */
  create(network: NetworkRecord): Promise<readonly string[]>;
  /** Takes it away again. Idempotent. */
  delete(network: NetworkRecord): Promise<void>;
  /** Connects the network namespace of `pid`. What it makes goes away with that namespace. */
  attach(network: NetworkRecord, endpoint: EndpointRecord, pid: number): Promise<void>;
}

/** Optional: makes ports of containers reachable on this host. */
export interface PortPublisher {
  /** Publishes exactly these. Rejects with FIREWALL_FAILED. */
  publish(network: NetworkRecord, endpoints: readonly PublishedEndpoint[]): Promise<void>;
}
export const publishesPorts = (driver: NetworkDriver): driver is NetworkDriver & PortPublisher =>
  "publish" in driver;
