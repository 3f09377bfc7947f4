import type { PublishedPort } from "../container-config.ts";
import type { Family } from "./addresses.ts";

export interface PublishedEndpoint {
  /** The container's address. */
  readonly address: string;
  readonly address6?: string;
  readonly ports: readonly PublishedPort[];
}

export interface Ruleset {
  readonly bridge: string;
  readonly subnet: string;
  /** Only of a network that has IPv6. */
  readonly subnet6?: string;
  /** Nothing gets in or out. */
  readonly internal: boolean;
  /** Whether what leaves the network has an address of this host. */
  readonly masquerade: boolean;
  readonly endpoints: readonly PublishedEndpoint[];
}

interface Rules {
  /** nftables' name of the family, and of its header. */
  readonly ip: "ip" | "ip6";
  readonly anyAddress: string;
  /** What goes to this host. */
  readonly local: string;
  /** Rules about 127.0.0.0/8; the kernel takes no packet for ::1 from a link, and gives none of it to one. */
  readonly loopback: (bridge: string) => {
    readonly guard: readonly string[];
    readonly out: readonly string[];
  };
}

const RULES: Readonly<Record<Family, Rules>> = {
  4: {
    ip: "ip",
    anyAddress: "0.0.0.0",
    local: "fib daddr type local",
    loopback: (bridge) => ({
      guard: [`iifname "${bridge}" ip daddr 127.0.0.0/8 drop`],
      out: [`ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade`],
    }),
  },
  6: {
    ip: "ip6",
    anyAddress: "::",
    local: "ip6 daddr != ::1 fib daddr type local",
    loopback: () => ({ guard: [], out: [] }),
  },
};

/** Where a packet must be going for the port to take it: any of this host's addresses, or the one named. */
const matchHost = ({ ip, anyAddress, local }: Rules, hostAddress: string): string =>
  hostAddress === anyAddress ? local : `${ip} daddr ${hostAddress}`;

/** Ports on addresses of one family, which lead to the container's address of that family. */
const translations = (family: Family, endpoints: readonly PublishedEndpoint[]): readonly string[] =>
  endpoints.flatMap(({ address, address6, ports }) =>
    ports
      .filter(({ hostAddress }) => hostAddress.includes(":") === (family === 6))
      .map(({ protocol, hostAddress, hostPort, containerPort }) => {
        const target = family === 4 ? address : `[${address6 ?? ""}]`;
        return `${matchHost(RULES[family], hostAddress)} ${protocol} dport ${hostPort} dnat to ${target}:${containerPort}`;
      }),
  );

const block = (head: string, lines: readonly string[]): string =>
  `${head} {\n${lines.map((line) => `  ${line.replaceAll("\n", "\n  ")}`).join("\n")}\n}`;

const OPEN = [
  "oifname BRIDGE ct state established,related accept",
  "iifname BRIDGE accept",
  "oifname BRIDGE ct status dnat accept",
  "oifname BRIDGE drop",
];
const INTERNAL = ["iifname BRIDGE oifname BRIDGE accept", "iifname BRIDGE drop", "oifname BRIDGE drop"];

/**
 * The whole nftables table of a bridge, one for each family, as one script that replaces it in one transaction: nft(8).
 * - Published ports are translated for packets from outside (prerouting) and from this host (output).
 * - What a container sends out leaves by this host's address; so does what comes back to a container through a published port, and what this
 *   host sends from 127.0.0.1, since the answer could not find its way otherwise.
 * - With route_localnet set on the bridge, containers could reach the host's loopback services: the first chain forbids it.
 * - Containers are reached from outside through published ports only, "outside" being every other network of containers too: the rules of
 *   its bridge refuse what the rules of ours let go. An internal network has no way out either.
 */
export function compileRuleset(ruleset: Ruleset): string {
  const { subnet, subnet6 } = ruleset;
  return compileTable(4, subnet, ruleset) + (subnet6 === undefined ? "" : compileTable(6, subnet6, ruleset));
}

function compileTable(
  family: Family,
  subnet: string,
  { bridge, internal, masquerade, endpoints }: Ruleset,
): string {
  const { ip, loopback } = RULES[family];
  const ports = translations(family, endpoints);
  const { guard, out } = loopback(bridge);
  const leaving = masquerade && !internal ? [`${ip} saddr ${subnet} oifname != "${bridge}" masquerade`] : [];
  const chains = [
    block("chain guard", ["type filter hook prerouting priority raw; policy accept;", ...guard]),
    block("chain prerouting", ["type nat hook prerouting priority dstnat; policy accept;", ...ports]),
    block("chain output", ["type nat hook output priority -100; policy accept;", ...ports]),
    block("chain postrouting", [
      "type nat hook postrouting priority srcnat; policy accept;",
      ...leaving,
      ...out,
      `${ip} saddr ${subnet} oifname "${bridge}" ct status dnat masquerade`,
    ]),
    block("chain forward", [
      "type filter hook forward priority filter; policy accept;",
      ...(internal ? INTERNAL : OPEN).map((rule) => rule.replaceAll("BRIDGE", `"${bridge}"`)),
    ]),
  ];
  return `${removal(family, bridge)}${block(`table ${ip} ${bridge}`, chains)}\n`;
}

/** Adding it first makes deleting it succeed where there is none. */
const removal = (family: Family, bridge: string): string => {
  const table = `table ${RULES[family].ip} ${bridge}`;
  return `${table}\ndelete ${table}\n`;
};

/** Takes the tables of a bridge away. */
export const compileRemoval = (bridge: string, families: readonly Family[]): string =>
  families.map((family) => removal(family, bridge)).join("");

/**
 * Lets a bridge's packets pass a chain of another program that drops what it does not know (Docker sets the policy of FORWARD to drop, and
 * an accept in our own table does not overrule that). Only expressions that iptables-nft understands too.
 */
export const compilePassage = (family: Family, chain: string, bridge: string): string =>
  ["iifname", "oifname"]
    .map(
      (side) =>
        `insert rule ${RULES[family].ip} filter ${chain} ${side} "${bridge}" counter accept comment "slipway"\n`,
    )
    .join("");

/** Inside a container: the domain port of its resolver's address leads to where that listens. */
export const compileNameTranslation = (
  address: string,
  ports: { readonly udp: number; readonly tcp: number },
): string =>
  [
    "table ip slipway_names",
    "delete table ip slipway_names",
    block("table ip slipway_names", [
      block("chain output", [
        "type nat hook output priority -100; policy accept;",
        ...Object.entries(ports).map(
          ([protocol, port]) => `ip daddr ${address} ${protocol} dport 53 dnat to ${address}:${port}`,
        ),
      ]),
    ]),
    "",
  ].join("\n");
