import type { EndpointConfig } from "../runtime/container-config.ts";
import type { NetworkCreate } from "../runtime/network/compile-network.ts";
import type { AddressConfig, NetworkRecord } from "../runtime/network/driver.ts";

export type { AddressConfig, EndpointConfig, NetworkCreate };

export type NetworkInfo = NetworkRecord;

export interface NetworkService {
  /** Returns warnings: what this host cannot do for it. Rejects with NETWORK_EXISTS, NETWORK_INVALID, NETWORK_SUBNET_OVERLAPS, … */
  create(request: NetworkCreate): Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  /** `filters` as `docker network ls -f`: dangling, driver, id, label, name, scope, type. Throws OPTION_INVALID. */
  list(filters?: Readonly<Record<string, readonly string[]>>): Promise<readonly NetworkInfo[]>;
  get(network: string): Promise<NetworkInfo>;
  /** The document of Docker Engine API GET /networks/{id}. */
  inspect(network: string): Promise<Readonly<Record<string, unknown>>>;
  /** The documents of Docker Engine API GET /networks, which tell nobody's containers. */
  documents(filters?: Readonly<Record<string, readonly string[]>>): Promise<readonly object[]>;
  /** Its id. Rejects with NETWORK_IN_USE, NETWORK_PREDEFINED. */
  remove(network: string): Promise<string>;
  /** Removes the networks that no running container is connected to. `filters`: label, label!, until. */
  prune(
    filters?: Readonly<Record<string, readonly string[]>>,
  ): Promise<{ readonly removed: readonly string[] }>;
  /** Connects a container, from now on if it runs. Rejects with ENDPOINT_EXISTS, ENDPOINT_INVALID, ADDRESS_TAKEN, … */
  connect(network: string, container: string, config?: Partial<EndpointConfig>): Promise<void>;
  /** `force`: a container that is not there is no error. Rejects with ENDPOINT_UNKNOWN. */
  disconnect(network: string, container: string, options?: { readonly force?: boolean }): Promise<void>;
}
