import type { ContainerRecord } from "../../runtime/container-config.ts";
import type { FamilyAddresses } from "../../runtime/network/driver.ts";
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
    EnableIPv6: network.ipv6 !== undefined,
    IPAM: { Driver: "default", Options: isBuiltIn(network) ? null : {}, Config: ipamDocument(network) },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: Object.fromEntries(containers.flatMap((container) => member(network, container))),
    Options: network.options,
    Labels: network.labels,
  };
}

/** What was asked for, then what was chosen. */
function ipamDocument({ subnet, gateway = "", addresses, ipv6 }: NetworkInfo): readonly object[] | null {
  if (subnet === undefined) return null;
  const four = { subnet, gateway, ...(addresses === undefined ? {} : { addresses }) };
  const families = ipv6 === undefined ? [four] : [four, ipv6];
  const asked = families.filter((family) => family.addresses !== undefined);
  return [...asked, ...families.filter((family) => !asked.includes(family))].map(addressesDocument);
}

function addressesDocument({ subnet, gateway, addresses }: FamilyAddresses): object {
  if (addresses === undefined) return { Subnet: subnet, Gateway: gateway };
  return {
    Subnet: addresses.subnet,
    ...(addresses.range === undefined ? {} : { IPRange: addresses.range }),
    ...(addresses.gateway === undefined ? {} : { Gateway: addresses.gateway }),
    ...(addresses.reserved === undefined ? {} : { AuxiliaryAddresses: addresses.reserved }),
  };
}

function member(network: NetworkInfo, { id, name, endpoints }: ContainerRecord): [string, object][] {
  const endpoint = endpoints.find(({ networkId }) => networkId === network.id);
  if (endpoint === undefined) return [];
  const { endpointId: EndpointID, mac: MacAddress, address, prefixLength, ipv6 } = endpoint;
  const IPv4Address = address === "" ? "" : `${address}/${prefixLength}`;
  const IPv6Address = ipv6 === undefined ? "" : `${ipv6.address}/${ipv6.prefixLength}`;
  return [[id, { Name: name, EndpointID, MacAddress, IPv4Address, IPv6Address }]];
}
