import { Failure } from "../../core/errors.ts";
import {
  containsAddress,
  type Family,
  formatAddress,
  formatSubnet,
  gatewayOf,
  overlaps,
  parseAddress,
  parseSubnet,
  type Subnet,
} from "./addresses.ts";
import type { AddressConfig, FamilyAddresses, NetworkRecord } from "./driver.ts";

/** A network to make: Docker Engine API "NetworkCreateRequest", as far as it is honoured. */
export interface NetworkCreate {
  readonly name: string;
  readonly driver?: string;
  /** At most one of each family; what is not asked for is chosen. */
  readonly addresses?: readonly AddressConfig[];
  /** Addresses of IPv6 beside those of IPv4. */
  readonly ipv6?: boolean;
  readonly internal?: boolean;
  /** A mark for those who look; any container may be attached to networks of one host. */
  readonly attachable?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
}

const PREDEFINED = ["bridge", "host", "none", "default", "nat"];
/** Drivers of Docker's that there are not here. */
const FOREIGN = ["overlay", "macvlan", "ipvlan"];
const invalid = (why: string): Failure => new Failure("NETWORK_INVALID", { why });

/** Throws NETWORK_PREDEFINED, NETWORK_INVALID, OPTION_UNSUPPORTED. */
export function checkNetwork(request: NetworkCreate): void {
  const { name, driver = "bridge" } = request;
  if (PREDEFINED.includes(name)) throw new Failure("NETWORK_PREDEFINED", { network: name, change: "create" });
  if (name.trim() === "" || /^[.]|^container:|[/\0\n]/.test(name))
    throw invalid(
      `invalid network name ${JSON.stringify(name)}: expected text without slashes and line ends`,
    );
  splitAddresses(request);
  if (driver === "bridge") return;
  if (FOREIGN.includes(driver))
    throw new Failure("OPTION_UNSUPPORTED", { option: `network driver ${driver}` });
  if (driver === "host" || driver === "null")
    throw invalid(`only one instance of "${driver}" network is allowed`);
  throw invalid(`plugin ${JSON.stringify(driver)} not found`);
}

/** Which of the addresses asked for are of which family. Throws NETWORK_INVALID, and OPTION_UNSUPPORTED for several of one. */
export function splitAddresses({ addresses = [], ipv6 = false }: NetworkCreate): {
  readonly [family in Family]: AddressConfig | undefined;
} {
  const six = addresses.filter(({ subnet }) => subnet.includes(":"));
  const four = addresses.filter((each) => !six.includes(each));
  if (six.length > 1 || four.length > 1)
    throw new Failure("OPTION_UNSUPPORTED", { option: "a network with several subnets of one family" });
  if (six[0] !== undefined && !ipv6)
    throw invalid(`the subnet ${six[0].subnet} needs a network with IPv6 enabled`);
  return { 4: four[0], 6: six[0] };
}

/** All of a network's. */
export const subnetsOf = ({ subnet, ipv6 }: NetworkRecord): readonly Subnet[] =>
  [subnet, ipv6?.subnet].flatMap((text) => (text === undefined ? [] : [parseSubnet(text)]));

/**
 * What the network gets of what it was asked to have of one family: `taken` are the root's other networks, `choose` finds a subnet that is free.
 * Throws NETWORK_INVALID, NETWORK_SUBNET_OVERLAPS, and what `choose` throws.
 */
export function compileAddresses(
  wanted: AddressConfig | undefined,
  taken: readonly NetworkRecord[],
  choose: () => Subnet,
): FamilyAddresses {
  if (wanted === undefined) {
    const subnet = choose();
    return { subnet: formatSubnet(subnet), gateway: formatAddress(gatewayOf(subnet)) };
  }
  const subnet = readSubnet(wanted.subnet);
  const range = wanted.range === undefined ? undefined : readRange(wanted.range, subnet);
  for (const [name, address] of Object.entries(wanted.reserved ?? {}))
    if (!within(subnet, address)) throw invalid(`no matching subnet for aux-address ${name}=${address}`);
  const gateway = wanted.gateway ?? formatAddress(gatewayOf(range ?? subnet));
  if (!within(subnet, gateway)) throw invalid(`no matching subnet for gateway ${gateway}`);
  refuseOverlap(subnet, taken);
  return { subnet: formatSubnet(subnet), gateway, addresses: wanted };
}

function refuseOverlap(subnet: Subnet, taken: readonly NetworkRecord[]): void {
  for (const network of taken) {
    const other = subnetsOf(network).find((each) => overlaps(each, subnet));
    if (other !== undefined)
      throw new Failure("NETWORK_SUBNET_OVERLAPS", {
        subnet: formatSubnet(subnet),
        other: formatSubnet(other),
        network: network.name,
      });
  }
}

function within(subnet: Subnet, text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && containsAddress(subnet, address);
}

function readSubnet(text: string): Subnet {
  const subnet = parseSubnet(text);
  // An IPv6 address is written in several ways; host bits are what must not be there.
  if (parseAddress(text.split("/")[0] ?? "")?.value !== subnet.base)
    throw invalid(`invalid network config:\ninvalid subnet ${text}: it should be ${formatSubnet(subnet)}`);
  return subnet;
}

function readRange(text: string, subnet: Subnet): Subnet {
  const range = parseSubnet(text, 0);
  if (range.prefix < subnet.prefix || !containsAddress(subnet, { family: range.family, value: range.base }))
    throw invalid(`no matching subnet for range ${text}`);
  return range;
}
