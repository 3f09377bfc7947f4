import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Failure, isCode } from "../../core/errors.ts";
import { ifThere } from "../../core/if-there.ts";
import { randomBytes } from "../../core/random.ts";
import { sha256 } from "../../core/sha256.ts";
import type { KernelNetwork } from "../../native/kernel.ts";
import type { EndpointRecord } from "../container-config.ts";
import { type Family, parseSubnet } from "./addresses.ts";
import { defaultOptions, readBridgeOptions } from "./bridge-options.ts";
import { requireIpv6, setUpBridge } from "./bridge-settings.ts";
import { gatewayTo, type NetworkDriver, type NetworkRecord, type PortPublisher } from "./driver.ts";
import type { Firewall } from "./firewall.ts";
import { isBuiltIn } from "./network-table.ts";
import type { PublishedEndpoint } from "./rules.ts";

const DEFAULT_ROOT = "/var/lib/slipway";
const FALLBACK_MTU = 1500;
const LINKS = "/sys/class/net";
/** What a bridge's alias says: the state root, the subnet, and that of IPv6. */
const ALIAS = /^(\/.*?) \d+\.\d+\.\d+\.\d+\/\d+( [0-9a-f:]+\/\d+)?$/;

/** The default network's bridge. Each state root has one of its own, since it has addresses of its own. At most 15 bytes: IFNAMSIZ. */
export function bridgeName(root: string): string {
  if (root === DEFAULT_ROOT) return "slipway0";
  return `sw${sha256(root).toString("hex").slice(0, 8)}`;
}

export interface BridgeOptions {
  /** The state root, by which its bridge is recognised. */
  readonly root: string;
  readonly kernel: KernelNetwork;
  readonly firewall: Firewall;
}

/** Containers on a Linux bridge behind NAT; their ports are published by address translation. */
export class BridgeDriver implements NetworkDriver, PortPublisher {
  readonly name = "bridge";
  readonly sharing = "private";
  readonly #root: string;
  readonly #kernel: KernelNetwork;
  readonly #firewall: Firewall;

  constructor(options: BridgeOptions) {
    this.#root = options.root;
    this.#kernel = options.kernel;
    this.#firewall = options.firewall;
  }

  /** The network's bridge on this host. Docker's name for those of users, which scripts rely on. */
  linkOf({ id, name, options }: NetworkRecord): string {
    if (name === "bridge") return bridgeName(this.#root);
    return readBridgeOptions(options).link ?? `br-${id.slice(0, 12)}`;
  }

  check(network: NetworkRecord): void {
    if (network.ipv6 !== undefined) requireIpv6();
    const { link } = readBridgeOptions(network.options);
    if (link !== undefined && this.#kernel.linkIndex(link) !== undefined)
      throw new Failure("NETWORK_INVALID", { why: `this host has a network interface ${link} already` });
  }

  /** The link's alias is set last: a bridge without it was left half made, one with another subnet is of a root that was here before. */
  async create(network: NetworkRecord, all: readonly NetworkRecord[]): Promise<readonly string[]> {
    const link = this.linkOf(network);
    const alias = [this.#root, network.subnet, ...(network.ipv6 ? [network.ipv6.subnet] : [])].join(" ");
    const found = aliasOf(link);
    if (found === alias) return [];
    await this.#sweep(new Set(all.map((each) => this.linkOf(each))));
    if (found !== undefined) await this.delete(network);
    const warnings = this.#makeBridge(link, network);
    try {
      await this.publish(network, []);
    } catch (error) {
      return [...warnings, `containers do not reach other networks: ${(error as Error).message}`];
    }
    writeFileSync(`${LINKS}/${link}/ifalias`, alias);
    return warnings;
  }

  /** What it is set to comes before it is up. */
  #makeBridge(link: string, network: NetworkRecord): readonly string[] {
    const kernel = this.#kernel;
    const { ipv6 } = network;
    if (ipv6 !== undefined) requireIpv6();
    const { mtu = this.#defaultMtu() } = readBridgeOptions(network.options);
    if (kernel.linkIndex(link) === undefined) kernel.createBridge(link, { mtu });
    const warnings = setUpBridge(link, familiesOf(network));
    kernel.addAddress(link, `${network.gateway}/${parseSubnet(network.subnet ?? "").prefix}`);
    if (ipv6 !== undefined) kernel.addAddress(link, `${ipv6.gateway}/${parseSubnet(ipv6.subnet).prefix}`);
    kernel.setLinkUp(link);
    return warnings;
  }

  #defaultMtu(): number {
    return this.#kernel.defaultRouteMtu() ?? FALLBACK_MTU;
  }

  optionsOf(network: NetworkRecord): Readonly<Record<string, string>> {
    if (!isBuiltIn(network)) return network.options;
    const link = this.linkOf(network);
    // Until its first container there is no bridge.
    return defaultOptions({ link, mtu: ifThere(() => mtuOf(link)) ?? this.#defaultMtu() });
  }

  /**
   * Takes away the bridges of state roots that are gone, and those of this one that none of its networks has; none with ports, since a root that another
   * mount namespace has is not seen from here. A host without nftables has no rules of theirs.
   */
  async #sweep(mine: ReadonlySet<string>): Promise<void> {
    for (const name of readdirSync(LINKS)) {
      const [, root, subnet6] = ALIAS.exec(aliasOf(name) ?? "") ?? [];
      if (root === undefined || mine.has(name) || !existsSync(`${LINKS}/${name}/bridge`)) continue;
      if (hasPorts(name) || (root !== this.#root && existsSync(root))) continue;
      await this.#firewall.remove(name, subnet6 === undefined ? [4] : [4, 6]).catch(() => undefined);
      this.#kernel.deleteLink(name);
    }
  }

  async delete(network: NetworkRecord): Promise<void> {
    const link = this.linkOf(network);
    if (this.#kernel.linkIndex(link) === undefined) return;
    await this.#firewall.remove(link, familiesOf(network)).catch(ignoreMissing);
    this.#kernel.deleteLink(link);
  }

  /** The name of our end is random: the end of a container just gone may still be there. */
  async attach(network: NetworkRecord, endpoint: EndpointRecord, pid: number): Promise<void> {
    const bridge = this.linkOf(network);
    const { ipv6 } = endpoint;
    await this.#kernel.attachVeth({
      pid,
      hostName: `swv${randomBytes(5).toString("hex")}`,
      bridge,
      name: endpoint.link,
      cidr: `${endpoint.address}/${endpoint.prefixLength}`,
      ...(ipv6 === undefined ? {} : { cidr6: `${ipv6.address}/${ipv6.prefixLength}` }),
      mac: endpoint.mac,
      mtu: mtuOf(bridge),
      isolated: !readBridgeOptions(network.options).communication,
    });
  }

  detach(endpoint: EndpointRecord, pid: number): Promise<void> {
    return this.#kernel.detachLink(pid, endpoint.link);
  }

  route(endpoint: EndpointRecord, pid: number, family: Family): Promise<void> {
    return this.#kernel.setDefaultRoute(pid, endpoint.link, gatewayTo(endpoint, family));
  }

  async publish(network: NetworkRecord, endpoints: readonly PublishedEndpoint[]): Promise<void> {
    const { masquerade } = readBridgeOptions(network.options);
    const { internal, subnet = "", ipv6 } = network;
    await this.#firewall.apply({
      bridge: this.linkOf(network),
      subnet,
      ...(ipv6 === undefined ? {} : { subnet6: ipv6.subnet }),
      internal,
      masquerade,
      endpoints,
    });
  }
}

const familiesOf = ({ ipv6 }: NetworkRecord): readonly Family[] => (ipv6 === undefined ? [4] : [4, 6]);

/** Interfaces of containers are attached to this bridge. */
const hasPorts = (bridge: string): boolean =>
  (ifThere(() => readdirSync(`${LINKS}/${bridge}/brif`)) ?? []).length > 0;

const mtuOf = (link: string): number => Number(readFileSync(`${LINKS}/${link}/mtu`, "latin1"));

/** A host without nftables has no rules to remove. */
function ignoreMissing(error: unknown): void {
  if (!isCode(error, "FIREWALL_FAILED") || error.hint === undefined) throw error;
}

function aliasOf(link: string): string | undefined {
  try {
    return readFileSync(`${LINKS}/${link}/ifalias`, "utf8").trim();
  } catch {
    return undefined;
  }
}
