import { isCode } from "../core/errors.ts";
import { loadSearch } from "../core/text-search.ts";
import type { ContainerRecord } from "../runtime/container-config.ts";
import type { Connector } from "../runtime/containers/connector.ts";
import type { EventSink } from "../runtime/events.ts";
import type { NetworkRecord } from "../runtime/network/driver.ts";
import { PLAIN_ENDPOINT } from "../runtime/network/endpoint-config.ts";
import type { Networks as NetworkStore } from "../runtime/network/networks.ts";
import type { EndpointConfig, NetworkCreate, NetworkInfo, NetworkService } from "./api.ts";
import { isActive } from "./containers/active.ts";
import { networkDocument } from "./documents/network.ts";
import type { Jobs } from "./jobs.ts";
import { filterNetworks, filterPrunable } from "./networks/filter.ts";

type Filters = Readonly<Record<string, readonly string[]>>;

export class Networks implements NetworkService {
  readonly #networks: NetworkStore;
  readonly #connections: Connector;
  readonly #containers: () => Promise<readonly ContainerRecord[]>;
  readonly #jobs: Jobs;
  readonly #record: EventSink;

  constructor(parts: {
    readonly networks: NetworkStore;
    readonly connections: Connector;
    readonly containers: () => Promise<readonly ContainerRecord[]>;
    readonly jobs: Jobs;
    readonly record: EventSink;
  }) {
    this.#networks = parts.networks;
    this.#connections = parts.connections;
    this.#containers = parts.containers;
    this.#jobs = parts.jobs;
    this.#record = parts.record;
  }

  async create(request: NetworkCreate) {
    const { network, warnings } = await this.#networks.create(request);
    this.#note(network, "create");
    return { id: network.id, warnings };
  }

  async list(filters: Filters = {}): Promise<readonly NetworkInfo[]> {
    const search = await loadSearch(filters["name"] ?? []);
    return filterNetworks(this.#networks.list(), filters, {
      isUsed: (network) => this.#isUsed(network),
      search,
    });
  }

  async get(network: string): Promise<NetworkInfo> {
    return this.#networks.get(network);
  }

  async inspect(network: string) {
    const found = this.#networks.get(network);
    return this.#document(found, (await this.#containers()).filter(isActive));
  }

  async documents(filters?: Filters) {
    return (await this.list(filters)).map((network) => this.#document(network, []));
  }

  #document(network: NetworkRecord, containers: readonly ContainerRecord[]) {
    return networkDocument({ ...network, options: this.#networks.optionsOf(network) }, containers);
  }

  async remove(network: string): Promise<string> {
    // A container whose end nobody noticed yet may still be connected.
    await this.#containers();
    const removed = await this.#networks.remove(network);
    this.#note(removed, "destroy");
    return removed.id;
  }

  prune(filters: Filters = {}) {
    return this.#jobs.record("prune", { what: "networks", filters }, async () => {
      await this.#containers();
      const removed: string[] = [];
      for (const { id, name } of filterPrunable(this.#networks.list(), filters)) {
        if (await this.#removeUnused(id)) removed.push(name);
      }
      this.#record({ type: "network", action: "prune", id: "", attributes: { reclaimed: "0" } });
      return { removed };
    });
  }

  async #removeUnused(id: string): Promise<boolean> {
    try {
      this.#note(await this.#networks.remove(id), "destroy");
      return true;
    } catch (error) {
      if (isCode(error, "NETWORK_IN_USE") || isCode(error, "NETWORK_UNKNOWN")) return false;
      throw error;
    }
  }

  connect(network: string, container: string, config: Partial<EndpointConfig> = {}): Promise<void> {
    return this.#connections.connect(container, network, { ...PLAIN_ENDPOINT, ...config });
  }

  async disconnect(
    network: string,
    container: string,
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<void> {
    try {
      await this.#connections.disconnect(container, network);
    } catch (error) {
      if (!(force && isCode(error, "CONTAINER_UNKNOWN"))) throw error;
    }
  }

  #isUsed(network: NetworkRecord): boolean {
    return this.#networks.users(network).length > 0;
  }

  #note({ id, name, driver }: NetworkRecord, action: string): void {
    this.#record({ type: "network", action, id, attributes: { name, type: driver } });
  }
}
