import type { ContainerRecord } from "../../runtime/container-config.ts";
import { isBuiltIn } from "../../runtime/network/network-table.ts";
import type { NetworkInfo } from "../api.ts";

/** Docker Engine API 1.51 "Network"; `containers` are those that run in it. */
export function networkDocument(
  network: NetworkInfo,
  containers: readonly ContainerRecord[],
): Readonly<Record<string, unknown>> {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: "local",
    Driver: network.driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: "default", Options: isBuiltIn(network) ? null : {}, Config: addressesDocument(network) },
    Internal: network.internal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: Object.fromEntries(containers.flatMap((container) => member(network, container))),
    Options: network.options,
    Labels: network.labels,
  };
}

/** What was asked for, or else what was chosen. */
function addressesDocument({ subnet, gateway, addresses }: NetworkInfo): readonly object[] | null {
  if (subnet === undefined) return null;
  if (addresses === undefined) return [{ Subnet: subnet, Gateway: gateway ?? "" }];
  return [
    {
      Subnet: addresses.subnet,
      ...(addresses.range === undefined ? {} : { IPRange: addresses.range }),
      ...(addresses.gateway === undefined ? {} : { Gateway: addresses.gateway }),
      ...(addresses.reserved === undefined ? {} : { AuxiliaryAddresses: addresses.reserved }),
    },
  ];
}

function member(network: NetworkInfo, { id, name, endpoints }: ContainerRecord): [string, object][] {
  const endpoint = endpoints.find(({ networkId }) => networkId === network.id);
  if (endpoint === undefined) return [];
  const { endpointId: EndpointID, mac: MacAddress, address, prefixLength } = endpoint;
  const IPv4Address = address === "" ? "" : `${address}/${prefixLength}`;
  return [[id, { Name: name, EndpointID, MacAddress, IPv4Address, IPv6Address: "" }]];
}
