import type { ContainerRecord } from "../../runtime/container-config.ts";
import type { NetworkInfo } from "../api.ts";

/** Docker Engine API 1.51 "Network"; `containers` are those that run in it. */
export function networkDocument(
  network: NetworkInfo,
  containers: readonly ContainerRecord[],
): Readonly<Record<string, unknown>> {
  const config =
    network.subnet === undefined ? null : [{ Subnet: network.subnet, Gateway: network.gateway ?? "" }];
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: "local",
    Driver: network.driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: "default", Options: null, Config: config },
    Internal: network.internal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: Object.fromEntries(containers.flatMap((container) => member(network, container))),
    Options: {},
    Labels: network.labels,
  };
}

function member(network: NetworkInfo, { id, name, endpoints }: ContainerRecord): [string, object][] {
  const endpoint = endpoints.find(({ networkId }) => networkId === network.id);
  if (endpoint === undefined) return [];
  const { endpointId: EndpointID, mac: MacAddress, address, prefixLength } = endpoint;
  const IPv4Address = address === "" ? "" : `${address}/${prefixLength}`;
  return [[id, { Name: name, EndpointID, MacAddress, IPv4Address, IPv6Address: "" }]];
}
