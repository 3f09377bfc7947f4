import type { ContainerRecord } from "../runtime/container-config.ts";
import type { NetworkRecord } from "../runtime/network/driver.ts";
import type { Networks as NetworkStore } from "../runtime/network/networks.ts";
import type { NetworkInfo, NetworkService } from "./api.ts";
import { isActive } from "./containers/active.ts";
import { networkDocument } from "./documents/network.ts";

export class Networks implements NetworkService {
  readonly #networks: NetworkStore;
  readonly #containers: () => Promise<readonly ContainerRecord[]>;

  constructor(parts: {
    readonly networks: NetworkStore;
    readonly containers: () => Promise<readonly ContainerRecord[]>;
  }) {
    this.#networks = parts.networks;
    this.#containers = parts.containers;
  }

  async list(): Promise<readonly NetworkInfo[]> {
    return this.#networks.list().map(describe);
  }

  async get(network: string): Promise<NetworkInfo> {
    return describe(this.#networks.get(network));
  }

  async inspect(network: string) {
    return networkDocument(
      describe(this.#networks.get(network)),
      (await this.#containers()).filter(isActive),
    );
  }
}

const describe = (network: NetworkRecord): NetworkInfo => ({ ...network, internal: false, labels: {} });
