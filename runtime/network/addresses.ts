import { Failure } from "../../core/errors.ts";

/** An IPv4 network; `base` is its first address as a number. */
export interface Subnet {
  readonly base: number;
  readonly prefix: number;
}

export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((number, part) => number * 256 + Number(part), 0);
}

export const formatIpv4 = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");

const sizeOf = (prefix: number): number => 2 ** (32 - prefix);

/** Reads "172.20.0.0/16"; host bits are dropped. Throws OPTION_INVALID. A network of more than `longest` bits has no room for anybody. */
export function parseSubnet(text: string, longest = 30): Subnet {
  const [host = "", bits = ""] = text.split("/");
  const address = parseIpv4(host);
  const prefix = Number(bits);
  if (address === undefined || !/^\d+$/.test(bits) || prefix < 1 || prefix > longest)
    throw new Failure("OPTION_INVALID", {
      option: "subnet",
      got: text,
      want: "an IPv4 network such as 172.20.0.0/16",
    });
  return { base: address - (address % sizeOf(prefix)), prefix };
}

export const formatSubnet = ({ base, prefix }: Subnet): string => `${formatIpv4(base)}/${prefix}`;

export const overlaps = (a: Subnet, b: Subnet): boolean =>
  a.base < b.base + sizeOf(b.prefix) && b.base < a.base + sizeOf(a.prefix);

export const containsAddress = ({ base, prefix }: Subnet, address: number): boolean =>
  address >= base && address < base + sizeOf(prefix);

/** The first address: the bridge's own. */
export const gatewayOf = ({ base }: Subnet): number => base + 1;

/** The lowest address of `range` that is neither the network's own, nor its broadcast, nor `taken`; undefined when there is none. */
export function lowestFree(
  { base, prefix }: Subnet,
  taken: ReadonlySet<number>,
  range: Subnet = { base, prefix },
): number | undefined {
  const first = Math.max(base + 1, range.base);
  const end = Math.min(base + sizeOf(prefix) - 1, range.base + sizeOf(range.prefix));
  for (let address = first; address < end; address++) if (!taken.has(address)) return address;
  return undefined;
}

/** 02:42 and the address's bytes: an address given again has the same MAC, so no neighbour's ARP entry goes stale. */
export function macOf(address: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255);
  return [0x02, 0x42, ...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Private networks to choose a bridge's from, in order: those that neither Docker's defaults nor home routers begin with come first. */
export function candidateSubnets(): readonly Subnet[] {
  const sixteen = Array.from({ length: 12 }, (_, i) => parseSubnet(`172.${20 + i}.0.0/16`));
  const ten = Array.from({ length: 64 }, (_, i) => parseSubnet(`10.${190 + i}.0.0/16`));
  const small = Array.from({ length: 13 }, (_, i) => parseSubnet(`192.168.${48 + i * 16}.0/20`));
  return [...sixteen, ...ten, ...small];
}

/** Networks this host has a route to, from the text of /proc/net/route; the default route does not count. */
export function parseRoutes(text: string): readonly Subnet[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.split("\t");
      const [destination, mask] = [fields[1], fields[7]].map((hex) => littleEndian(hex ?? ""));
      if (destination === undefined || mask === undefined || mask === 0) return [];
      const prefix = 32 - Math.log2(2 ** 32 - mask);
      return [{ base: destination, prefix }];
    });
}

function littleEndian(hex: string): number | undefined {
  if (!/^[0-9A-Fa-f]{8}$/.test(hex)) return undefined;
  return Buffer.from(hex, "hex").readUInt32LE();
}
