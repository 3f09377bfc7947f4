import { Failure } from "../../core/errors.ts";
import type { EndpointConfig } from "../container-config.ts";
import { containsAddress, type Family, parseAddress, parseSubnet } from "./addresses.ts";
import type { FamilyAddresses, NetworkRecord } from "./driver.ts";
import { isBuiltIn } from "./network-table.ts";

/** A connection nobody wished anything of. */
export const PLAIN_ENDPOINT: EndpointConfig = { aliases: [], links: [], gatewayPriority: 0 };

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
const LINK = /^[^:]+(:[^:]+)?$/;

/** What is wrong with an address somebody wants in a network, in Docker's words. */
function addressFaults(network: NetworkRecord, text: string, family: Family): readonly string[] {
  const address = parseAddress(text);
  if (address?.family !== family) return [`invalid IPv${family} address: ${text}`];
  const { subnet, addresses }: Partial<FamilyAddresses> = family === 4 ? network : (network.ipv6 ?? {});
  const faults: string[] = [];
  if (isBuiltIn(network)) faults.push("user specified IP address is supported on user defined networks only");
  else if (addresses === undefined)
    faults.push(
      "user specified IP address is supported only when connecting to networks with user configured subnets",
    );
  if (subnet !== undefined && !containsAddress(parseSubnet(subnet), address))
    faults.push(`no configured subnet or ip-range contain the IP address ${text}`);
  return faults;
}

/** The links of a container, as names and aliases; throws CONTAINER_CONFIG_INVALID. */
export function parseLink(text: string): { readonly container: string; readonly alias: string } {
  if (!LINK.test(text))
    throw new Failure("CONTAINER_CONFIG_INVALID", { why: `bad format for links: ${text}` });
  const [container = "", alias = container] = text.split(":");
  return { container: container.replace(/^\//, ""), alias: alias.replace(/^.*\//, "") };
}

/** Throws ENDPOINT_INVALID with everything that is wrong. */
export function checkEndpoint(network: NetworkRecord, config: EndpointConfig): void {
  const { address, address6 } = config;
  const faults = [
    ...(address === undefined ? [] : addressFaults(network, address, 4)),
    ...(address6 === undefined ? [] : addressFaults(network, address6, 6)),
  ];
  if (config.mac !== undefined && !MAC.test(config.mac)) faults.push(`invalid MAC address: ${config.mac}`);
  if (isBuiltIn(network) && config.aliases.length > 0)
    faults.push("network-scoped aliases are only supported for user-defined networks");
  for (const link of config.links) parseLink(link);
  if (faults.length > 0) throw new Failure("ENDPOINT_INVALID", { network: network.name, faults });
}
