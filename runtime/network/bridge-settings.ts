import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Failure } from "../../core/errors.ts";
import { readIfThere } from "../../core/if-there.ts";
import type { Family } from "./addresses.ts";

const IPV6 = "/proc/sys/net/ipv6";

interface Setting {
  readonly path: string;
  readonly value: string;
  /** What there is not where it cannot be set. */
  readonly lost: string;
}

/** Throws IPV6_UNAVAILABLE where the kernel was built or started without IPv6. */
export function requireIpv6(): void {
  if (!existsSync(IPV6)) throw new Failure("IPV6_UNAVAILABLE", { missing: IPV6 });
}

/** To carry packets between links; route_localnet so that a port published on 127.0.0.1 can be answered. */
const forwarding = (bridge: string): readonly Setting[] => [
  { path: "/proc/sys/net/ipv4/ip_forward", value: "1", lost: "containers do not reach other networks" },
  {
    path: `/proc/sys/net/ipv4/conf/${bridge}/route_localnet`,
    value: "1",
    lost: "published ports do not answer on 127.0.0.1",
  },
];

/** The same for IPv6. A host that has it disabled for new links has it on this one. */
const forwarding6 = (bridge: string): readonly Setting[] => [
  { path: `${IPV6}/conf/${bridge}/disable_ipv6`, value: "0", lost: "containers have no IPv6" },
  ...linksWithAdvertisedRoutes().map((link) => ({
    path: `${IPV6}/conf/${link}/accept_ra`,
    value: "2",
    lost: `this host may lose its default route by ${link}`,
  })),
  {
    path: `${IPV6}/conf/all/forwarding`,
    value: "1",
    lost: "containers do not reach other networks by IPv6",
  },
];

/** No container tells this host where its packets shall go. */
const deaf = (bridge: string): readonly Setting[] => [
  {
    path: `${IPV6}/conf/${bridge}/accept_ra`,
    value: "0",
    lost: "this host believes routers among its containers",
  },
];

/** What a container without IPv6 sends by it, from an address it gave itself, goes nowhere. */
const without6 = (bridge: string): readonly Setting[] => [
  {
    path: `${IPV6}/conf/${bridge}/disable_ipv6`,
    value: "1",
    lost: "this host takes IPv6 packets from a network that has no IPv6",
  },
];

/** Links whose default route a router advertised. Linux takes it away when the host forwards packets itself, unless accept_ra is 2. */
function linksWithAdvertisedRoutes(): readonly string[] {
  if (readIfThere(`${IPV6}/conf/all/forwarding`)?.trim() === "1") return [];
  return [
    ...new Set(
      (readIfThere("/proc/net/ipv6_route") ?? "").split("\n").flatMap((line) => {
        const fields = line.trim().split(/\s+/);
        const link = fields[9];
        const advertised = (Number.parseInt(fields[8] ?? "", 16) & RTF_ADDRCONF) !== 0;
        return link !== undefined && fields[1] === "00" && advertised ? [link] : [];
      }),
    ),
  ];
}

/** linux/ipv6_route.h */
const RTF_ADDRCONF = 0x00040000;

const settings6 = (bridge: string, wanted: boolean): readonly Setting[] => [
  ...deaf(bridge),
  ...(wanted ? forwarding6(bridge) : without6(bridge)),
];

/** Sets what a bridge needs of the kernel before it is up. Returns warnings: what could not be set, and what is lost. */
export function setUpBridge(bridge: string, families: readonly Family[]): readonly string[] {
  const settings = [
    ...forwarding(bridge),
    ...(existsSync(IPV6) ? settings6(bridge, families.includes(6)) : []),
  ];
  return settings.flatMap(({ path, value, lost }) => {
    try {
      if (readFileSync(path, "latin1").trim() !== value) writeFileSync(path, value);
      return [];
    } catch (error) {
      return [`${lost}: ${(error as Error).message}`];
    }
  });
}
