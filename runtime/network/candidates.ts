import { sha256 } from "../../core/sha256.ts";
import { parseSubnet, type Subnet } from "./addresses.ts";

/** Private networks to choose a bridge's from, in order: those that neither Docker's defaults nor home routers begin with come first. */
export function candidateSubnets(): readonly Subnet[] {
  const sixteen = Array.from({ length: 12 }, (_, i) => parseSubnet(`172.${20 + i}.0.0/16`));
  const ten = Array.from({ length: 64 }, (_, i) => parseSubnet(`10.${190 + i}.0.0/16`));
  const small = Array.from({ length: 13 }, (_, i) => parseSubnet(`192.168.${48 + i * 16}.0/20`));
  return [...sixteen, ...ten, ...small];
}

const LOCAL_NETWORKS = 256;

/** Unique local networks of one site, which `seed` tells from others: RFC 4193. */
export function uniqueLocalSubnets(seed: string): readonly Subnet[] {
  const site = sha256(seed).toString("hex");
  const prefix = `fd${site.slice(0, 2)}:${site.slice(2, 6)}:${site.slice(6, 10)}`;
  return Array.from({ length: LOCAL_NETWORKS }, (_, i) => parseSubnet(`${prefix}:${i.toString(16)}::/64`));
}

/** IPv4 networks this host has a route to, from the text of /proc/net/route; the default route does not count. */
export function parseRoutes(text: string): readonly Subnet[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.split("\t");
      const [destination, mask] = [fields[1], fields[7]].map((hex) => littleEndian(hex ?? ""));
      if (destination === undefined || mask === undefined || mask === 0) return [];
      const prefix = 32 - Math.log2(2 ** 32 - mask);
      return [{ family: 4, base: BigInt(destination), prefix }] as const;
    });
}

function littleEndian(hex: string): number | undefined {
  if (!/^[0-9A-Fa-f]{8}$/.test(hex)) return undefined;
  return Buffer.from(hex, "hex").readUInt32LE();
}

const ROUTE6 = /^([0-9a-f]{32}) ([0-9a-f]{2}) /;

/** IPv6 networks this host has a route to, from the text of /proc/net/ipv6_route; the default route does not count. */
export function parseRoutes6(text: string): readonly Subnet[] {
  return text.split("\n").flatMap((line) => {
    const [, destination, bits] = ROUTE6.exec(line) ?? [];
    if (destination === undefined || bits === undefined || bits === "00") return [];
    return [{ family: 6, base: BigInt(`0x${destination}`), prefix: Number.parseInt(bits, 16) }] as const;
  });
}
