import type { PublishedPort } from "../container-config.ts";

export interface PublishedEndpoint {
  /** The container's address. */
  readonly address: string;
  readonly ports: readonly PublishedPort[];
}

export interface Ruleset {
  readonly bridge: string;
  readonly subnet: string;
  /** Nothing gets in or out. */
  readonly internal: boolean;
  /** Whether what leaves the network has an address of this host. */
  readonly masquerade: boolean;
  readonly endpoints: readonly PublishedEndpoint[];
}

/** Where a packet must be going for the port to take it: any of this host's addresses, or the one named. */
const matchHost = (hostAddress: string): string =>
  hostAddress === "0.0.0.0" ? "fib daddr type local" : `ip daddr ${hostAddress}`;

const translations = (endpoints: readonly PublishedEndpoint[]): readonly string[] =>
  endpoints.flatMap(({ address, ports }) =>
    ports.map(
      ({ protocol, hostAddress, hostPort, containerPort }) =>
        `${matchHost(hostAddress)} ${protocol} dport ${hostPort} dnat to ${address}:${containerPort}`,
    ),
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
 * The whole nftables table of a bridge, as one script that replaces it in one transaction: nft(8).
 * - Published ports are translated for packets from outside (prerouting) and from this host (output).
 * - What a container sends out leaves by this host's address; so does what comes back to a container through a published port, and what this
 *   host sends from 127.0.0.1, since the answer could not find its way otherwise.
 * - With route_localnet set on the bridge, containers could reach the host's loopback services: the first chain forbids it.
 * - Containers are reached from outside through published ports only, "outside" being every other network of containers too: the rules of
 *   its bridge refuse what the rules of ours let go. An internal network has no way out either.
 */
export function compileRuleset({ bridge, subnet, internal, masquerade, endpoints }: Ruleset): string {
  const ports = translations(endpoints);
  const out = masquerade && !internal ? [`ip saddr ${subnet} oifname != "${bridge}" masquerade`] : [];
  const chains = [
    block("chain guard", [
      "type filter hook prerouting priority raw; policy accept;",
      `iifname "${bridge}" ip daddr 127.0.0.0/8 drop`,
    ]),
    block("chain prerouting", ["type nat hook prerouting priority dstnat; policy accept;", ...ports]),
    block("chain output", ["type nat hook output priority -100; policy accept;", ...ports]),
    block("chain postrouting", [
      "type nat hook postrouting priority srcnat; policy accept;",
      ...out,
      `ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade`,
      `ip saddr ${subnet} oifname "${bridge}" ct status dnat masquerade`,
    ]),
    block("chain forward", [
      "type filter hook forward priority filter; policy accept;",
      ...(internal ? INTERNAL : OPEN).map((rule) => rule.replaceAll("BRIDGE", `"${bridge}"`)),
    ]),
  ];
  // Adding it first makes deleting it succeed where there is none.
  return `table ip ${bridge}\ndelete table ip ${bridge}\n${block(`table ip ${bridge}`, chains)}\n`;
}

/** Takes the table of a bridge away. */
export const compileRemoval = (bridge: string): string => `table ip ${bridge}\ndelete table ip ${bridge}\n`;

/**
 * Lets a bridge's packets pass a chain of another program that drops what it does not know (Docker sets the policy of FORWARD to drop, and
 * an accept in our own table does not overrule that). Only expressions that iptables-nft understands too.
 */
export const compilePassage = (chain: string, bridge: string): string =>
  ["iifname", "oifname"]
    .map((side) => `insert rule ip filter ${chain} ${side} "${bridge}" counter accept comment "slipway"\n`)
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
