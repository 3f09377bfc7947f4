import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { KernelNetwork } from "../../native/kernel.ts";
import type { EndpointRecord } from "../container-config.ts";
import { parseSubnet } from "./addresses.ts";
import type { NetworkDriver, NetworkRecord, PortPublisher } from "./driver.ts";
import type { Firewall } from "./firewall.ts";
import type { PublishedEndpoint } from "./rules.ts";

const DEFAULT_ROOT = "/var/lib/slipway";
const FALLBACK_MTU = 1500;
const LINKS = "/sys/class/net";
const OTHER_ROOT = /^sw[0-9a-f]{8}$/;

/** Each state root has a bridge of its own, since it has addresses of its own. At most 15 bytes: IFNAMSIZ. */
export function bridgeName(root: string): string {
  if (root === DEFAULT_ROOT) return "slipway0";
  return `sw${createHash("sha256").update(root).digest("hex").slice(0, 8)}`;
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
  readonly #bridge: string;
  readonly #kernel: KernelNetwork;
  readonly #firewall: Firewall;

  constructor(options: BridgeOptions) {
    this.#root = options.root;
    this.#bridge = bridgeName(options.root);
    this.#kernel = options.kernel;
    this.#firewall = options.firewall;
  }

  /** The link's alias is set last: a bridge without it was left half made, one with another subnet is of a root that was here before. */
  async create(network: NetworkRecord): Promise<readonly string[]> {
    const alias = `${this.#root} ${network.subnet}`;
    const found = aliasOf(this.#bridge);
    if (found === alias) return [];
    await this.#sweep();
    if (found !== undefined) await this.delete(network);
    this.#makeBridge(network);
    const warnings = allowForwarding(this.#bridge);
    try {
      await this.publish(network, []);
    } catch (error) {
      return [...warnings, `containers do not reach other networks: ${(error as Error).message}`];
    }
    writeFileSync(`${LINKS}/${this.#bridge}/ifalias`, alias);
    return warnings;
  }

  #makeBridge(network: NetworkRecord): void {
    const kernel = this.#kernel;
    if (kernel.linkIndex(this.#bridge) === undefined)
      kernel.createBridge(this.#bridge, { mtu: kernel.defaultRouteMtu() ?? FALLBACK_MTU });
    kernel.addAddress(this.#bridge, `${network.gateway}/${parseSubnet(network.subnet ?? "").prefix}`);
    kernel.setLinkUp(this.#bridge);
  }

  /** Takes away the bridges of state roots that are gone. A host without nftables has no rules of theirs. */
  async #sweep(): Promise<void> {
    for (const name of readdirSync(LINKS)) {
      const root = OTHER_ROOT.test(name) ? rootOf(aliasOf(name)) : undefined;
      if (root === undefined || !root.startsWith("/") || existsSync(root)) continue;
      await this.#firewall.remove(name).catch(() => undefined);
      this.#kernel.deleteLink(name);
    }
  }

  async delete(_network: NetworkRecord): Promise<void> {
    if (this.#kernel.linkIndex(this.#bridge) === undefined) return;
    await this.#firewall.remove(this.#bridge);
    this.#kernel.deleteLink(this.#bridge);
  }

  /** The name of our end is random: the end of a container just gone may still be there. */
  async attach(_network: NetworkRecord, endpoint: EndpointRecord, pid: number): Promise<void> {
    await this.#kernel.attachVeth({
      pid,
      hostName: `swv${randomBytes(5).toString("hex")}`,
      bridge: this.#bridge,
      name: "eth0",
      cidr: `${endpoint.address}/${endpoint.prefixLength}`,
      gateway: endpoint.gateway,
      mac: endpoint.mac,
      mtu: Number(readFileSync(`${LINKS}/${this.#bridge}/mtu`, "latin1")),
    });
  }

  async publish(network: NetworkRecord, endpoints: readonly PublishedEndpoint[]): Promise<void> {
    await this.#firewall.apply({ bridge: this.#bridge, subnet: network.subnet ?? "", endpoints });
  }
}

/** The state root an alias names, without the subnet behind it. */
const rootOf = (alias: string | undefined): string | undefined => alias?.replace(/ [^ ]*$/, "");

function aliasOf(link: string): string | undefined {
  try {
    return readFileSync(`${LINKS}/${link}/ifalias`, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** ip_forward to carry packets between links; route_localnet so that a port published on 127.0.0.1 can be answered. */
function allowForwarding(bridge: string): readonly string[] {
  const settings = [
    ["/proc/sys/net/ipv4/ip_forward", "containers do not reach other networks"],
    [`/proc/sys/net/ipv4/conf/${bridge}/route_localnet`, "published ports do not answer on 127.0.0.1"],
  ] as const;
  return settings.flatMap(([path, lost]) => {
    try {
      if (readFileSync(path, "latin1").trim() !== "1") writeFileSync(path, "1");
      return [];
    } catch (error) {
      return [`${lost}: ${(error as Error).message}`];
    }
  });
}
