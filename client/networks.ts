import type { Document } from "../core/document.ts";
import type {
  AddressConfig,
  EndpointConfig,
  NetworkCreate,
  NetworkInfo,
  NetworkService,
} from "../engine/api.ts";
import { endpointBody } from "./documents/create-body.ts";
import { child, children, flag, text, textMap, texts } from "./http/fields.ts";
import { filtersText, segment } from "./http/query.ts";
import type { Transport } from "./http/transport.ts";

type Filters = Readonly<Record<string, readonly string[]>>;

export class RemoteNetworks implements NetworkService {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async create(request: NetworkCreate) {
    const asked = { method: "POST", path: "/networks/create", json: createBody(request) } as const;
    const document = await this.#transport.document(asked);
    const warnings = text(document, "Warning").split("\n");
    return { id: text(document, "Id"), warnings: warnings.filter((warning) => warning !== "") };
  }

  async list(filters?: Filters): Promise<readonly NetworkInfo[]> {
    return (await this.documents(filters)).map(readNetwork);
  }

  async get(network: string): Promise<NetworkInfo> {
    return readNetwork(await this.inspect(network));
  }

  inspect(network: string): Promise<Document> {
    return this.#transport.document({ method: "GET", path: at(network) });
  }

  documents(filters?: Filters): Promise<readonly Document[]> {
    const query = { filters: filtersText(filters) };
    return this.#transport.documents({ method: "GET", path: "/networks", query });
  }

  async remove(network: string): Promise<string> {
    const { id } = await this.get(network);
    await this.#transport.done({ method: "DELETE", path: at(id) });
    return id;
  }

  async prune(filters?: Filters) {
    const query = { filters: filtersText(filters) };
    const document = await this.#transport.document({ method: "POST", path: "/networks/prune", query });
    return { removed: texts(document, "NetworksDeleted") };
  }

  connect(network: string, container: string, config: Partial<EndpointConfig> = {}): Promise<void> {
    const json = { Container: container, EndpointConfig: endpointBody(config) };
    return this.#transport.done({ method: "POST", path: `${at(network)}/connect`, json });
  }

  disconnect(
    network: string,
    container: string,
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<void> {
    const json = { Container: container, Force: force };
    return this.#transport.done({ method: "POST", path: `${at(network)}/disconnect`, json });
  }
}

const at = (network: string): string => `/networks/${segment(network)}`;

/** Docker Engine API 1.51 "NetworkCreateRequest". */
function createBody({ name, driver, addresses, ipv6, labels, options, ...marks }: NetworkCreate): Document {
  return {
    Name: name,
    Driver: driver ?? "bridge",
    Internal: marks.internal ?? false,
    Attachable: marks.attachable ?? false,
    Labels: labels ?? {},
    Options: options ?? {},
    ...(addresses === undefined ? {} : { IPAM: { Config: addresses.map(addressesBody) } }),
    ...(ipv6 === true ? { EnableIPv6: true } : {}),
  };
}

const addressesBody = ({ subnet, gateway, range, reserved }: AddressConfig): Document => ({
  Subnet: subnet,
  ...(gateway === undefined ? {} : { Gateway: gateway }),
  ...(range === undefined ? {} : { IPRange: range }),
  ...(reserved === undefined ? {} : { AuxiliaryAddresses: reserved }),
});

/** Docker Engine API 1.51 "Network". */
function readNetwork(document: Document): NetworkInfo {
  const configs = children(child(document, "IPAM"), "Config").map((config) => ({
    subnet: text(config, "Subnet"),
    gateway: text(config, "Gateway"),
  }));
  const isSix = ({ subnet }: (typeof configs)[number]) => subnet.includes(":");
  const four = configs.find((config) => !isSix(config));
  const six = configs.find(isSix);
  return {
    id: text(document, "Id"),
    name: text(document, "Name"),
    driver: text(document, "Driver"),
    ...(four === undefined || four.subnet === "" ? {} : { subnet: four.subnet }),
    ...(four === undefined || four.gateway === "" ? {} : { gateway: four.gateway }),
    ...(six === undefined || !flag(document, "EnableIPv6") ? {} : { ipv6: six }),
    internal: flag(document, "Internal"),
    attachable: flag(document, "Attachable"),
    labels: textMap(document, "Labels"),
    options: textMap(document, "Options"),
    createdAt: text(document, "Created"),
  };
}
