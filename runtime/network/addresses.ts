import { isIPv4, isIPv6 } from "node:net";
import { Failure } from "../../core/errors.ts";

export type Family = 4 | 6;
export const FAMILIES: readonly Family[] = [4, 6];

/** An address as a number. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** A network; `base` is its first address as a number. */
export interface Subnet {
  readonly family: Family;
  readonly base: bigint;
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;
const GROUPS = 8;

const join = (parts: readonly number[], bits: bigint): bigint =>
  parts.reduce((value, part) => (value << bits) | BigInt(part), 0n);

/** As everybody writes it: RFC 5952, without a dotted end. */
const canonicalIpv6 = (text: string): string => new URL(`http://[${text}]`).hostname.slice(1, -1);

function readIpv6(text: string): bigint {
  const [head = [], tail = []] = canonicalIpv6(text)
    .split("::")
    .map((half) => (half === "" ? [] : half.split(":").map((group) => Number.parseInt(group, 16))));
  const zeros = Array.from({ length: GROUPS - head.length - tail.length }, () => 0);
  return join([...head, ...zeros, ...tail], 16n);
}

/** Undefined for what is no address, and for one with a zone. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, value: join(text.split(".").map(Number), 8n) };
  return isIPv6(text) && !text.includes("%") ? { family: 6, value: readIpv6(text) } : undefined;
}

const partsOf = (value: bigint, count: number, bits: number): readonly number[] =>
  Array.from({ length: count }, (_, i) =>
    Number(BigInt.asUintN(bits, value >> BigInt(bits * (count - 1 - i)))),
  );

export const formatAddress = ({ family, value }: Address): string =>
  family === 4
    ? partsOf(value, 4, 8).join(".")
    : canonicalIpv6(
        partsOf(value, GROUPS, 16)
          .map((group) => group.toString(16))
          .join(":"),
      );

const hostBits = ({ family, prefix }: Pick<Subnet, "family" | "prefix">): bigint =>
  BigInt(BITS[family] - prefix);
const endOf = (subnet: Subnet): bigint => subnet.base + (1n << hostBits(subnet));

/** Reads "172.20.0.0/16" or "fd00:1::/64"; host bits are dropped. Throws OPTION_INVALID, also where less than `room` bits are left for hosts. */
export function parseSubnet(text: string, room = 2): Subnet {
  const [host = "", bits = ""] = text.split("/");
  const address = parseAddress(host);
  const prefix = Number(bits);
  if (address === undefined || !/^\d+$/.test(bits) || prefix < 1 || prefix > BITS[address.family] - room)
    throw new Failure("OPTION_INVALID", {
      option: "subnet",
      got: text,
      want: "a network such as 172.20.0.0/16 or fd00:1:2:3::/64",
    });
  const free = hostBits({ family: address.family, prefix });
  return { family: address.family, base: (address.value >> free) << free, prefix };
}

export const formatSubnet = ({ family, base, prefix }: Subnet): string =>
  `${formatAddress({ family, value: base })}/${prefix}`;

export const overlaps = (a: Subnet, b: Subnet): boolean =>
  a.family === b.family && a.base < endOf(b) && b.base < endOf(a);

export const containsAddress = (subnet: Subnet, { family, value }: Address): boolean =>
  family === subnet.family && value >= subnet.base && value < endOf(subnet);

/** The first address: the bridge's own. */
export const gatewayOf = ({ family, base }: Subnet): Address => ({ family, value: base + 1n });

/** The lowest address of `range` that is neither the network's own, nor its broadcast, nor `taken`; undefined when there is none. */
export function lowestFree(
  subnet: Subnet,
  taken: readonly Address[],
  range: Subnet = subnet,
): Address | undefined {
  const { family } = subnet;
  const values = new Set(taken.map(({ value }) => value));
  // IPv6 has no broadcast.
  const last = family === 4 ? endOf(subnet) - 1n : endOf(subnet);
  const end = last < endOf(range) ? last : endOf(range);
  for (let value = range.base > subnet.base ? range.base : subnet.base + 1n; value < end; value++)
    if (!values.has(value)) return { family, value };
  return undefined;
}

/** 02:42 and the bytes of an IPv4 address: an address given again has the same MAC, so no neighbour's ARP entry goes stale. */
export const macOf = ({ value }: Address): string =>
  [0x02, 0x42, ...partsOf(value, 4, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
