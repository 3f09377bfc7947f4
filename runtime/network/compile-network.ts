import { Failure } from "../../core/errors.ts";
import {
  containsAddress,
  formatIpv4,
  formatSubnet,
  gatewayOf,
  overlaps,
  parseIpv4,
  parseSubnet,
  type Subnet,
} from "./addresses.ts";
import type { AddressConfig, NetworkRecord } from "./driver.ts";

/** A network to make: Docker Engine API "NetworkCreateRequest", as far as it is honoured. */
export interface NetworkCreate {
  readonly name: string;
  readonly driver?: string;
  readonly addresses?: AddressConfig;
  readonly internal?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
}

const PREDEFINED = ["bridge", "host", "none", "default", "nat"];
/** Drivers of Docker's that there are not here. */
const FOREIGN = ["overlay", "macvlan", "ipvlan"];
const invalid = (why: string): Failure => new Failure("NETWORK_INVALID", { why });

/** Throws NETWORK_PREDEFINED, NETWORK_INVALID, OPTION_UNSUPPORTED. */
export function checkNetwork({ name, driver = "bridge" }: NetworkCreate): void {
  if (PREDEFINED.includes(name)) throw new Failure("NETWORK_PREDEFINED", { network: name, change: "create" });
  if (name.trim() === "" || /^[.]|^container:|[/\0\n]/.test(name))
    throw invalid(
      `invalid network name ${JSON.stringify(name)}: expected text without slashes and line ends`,
    );
  if (driver === "bridge") return;
  if (FOREIGN.includes(driver))
    throw new Failure("OPTION_UNSUPPORTED", { option: `network driver ${driver}` });
  if (driver === "host" || driver === "null")
    throw invalid(`only one instance of "${driver}" network is allowed`);
  throw invalid(`plugin ${JSON.stringify(driver)} not found`);
}

/**
 * What the network gets of what it was asked to have: `taken` are the subnets of the root's other networks, `choose` finds one that is free.
 * Throws NETWORK_INVALID, NETWORK_SUBNET_OVERLAPS, and what `choose` throws.
 */
export function compileAddresses(
  wanted: AddressConfig | undefined,
  taken: readonly NetworkRecord[],
  choose: () => Subnet,
): Pick<NetworkRecord, "subnet" | "gateway"> {
  if (wanted === undefined) {
    const subnet = choose();
    return { subnet: formatSubnet(subnet), gateway: formatIpv4(gatewayOf(subnet)) };
  }
  const subnet = readSubnet(wanted.subnet);
  const range = wanted.range === undefined ? undefined : readRange(wanted.range, subnet);
  for (const [name, address] of Object.entries(wanted.reserved ?? {}))
    if (!within(subnet, address)) throw invalid(`no matching subnet for aux-address ${name}=${address}`);
  const gateway = wanted.gateway ?? formatIpv4(gatewayOf(range ?? subnet));
  if (!within(subnet, gateway)) throw invalid(`no matching subnet for gateway ${gateway}`);
  const other = taken.find((network) => network.subnet && overlaps(parseSubnet(network.subnet), subnet));
  if (other !== undefined)
    throw new Failure("NETWORK_SUBNET_OVERLAPS", {
      subnet: wanted.subnet,
      other: other.subnet ?? "",
      network: other.name,
    });
  return { subnet: formatSubnet(subnet), gateway };
}

function within(subnet: Subnet, text: string): boolean {
  const address = parseIpv4(text);
  return address !== undefined && containsAddress(subnet, address);
}

function readSubnet(text: string): Subnet {
  if (text.includes(":")) throw new Failure("OPTION_UNSUPPORTED", { option: `the IPv6 subnet ${text}` });
  const subnet = parseSubnet(text);
  if (formatSubnet(subnet) !== text)
    throw invalid(`invalid network config:\ninvalid subnet ${text}: it should be ${formatSubnet(subnet)}`);
  return subnet;
}

function readRange(text: string, subnet: Subnet): Subnet {
  const range = parseSubnet(text, 32);
  if (range.prefix < subnet.prefix || !containsAddress(subnet, range.base))
    throw invalid(`no matching subnet for range ${text}`);
  return range;
}
