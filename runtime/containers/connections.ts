import { hostname } from "node:os";
import { Failure, isKind } from "../../core/errors.ts";
import type { EndpointConfig, EndpointRecord, HostConfig } from "../container-config.ts";
import { FAMILIES, type Family } from "../network/addresses.ts";
import { gatewayTo } from "../network/driver.ts";
import { checkEndpoint, PLAIN_ENDPOINT } from "../network/endpoint-config.ts";
import type { Networks } from "../network/networks.ts";
import { joinedContainer } from "./joined-container.ts";

/** Networks by name, each with how a container is connected to it. */
export type Connections = Readonly<Record<string, EndpointConfig>>;

/** Docker's "default" is the bridge. */
export const networkName = (mode: string): string => (mode === "" || mode === "default" ? "bridge" : mode);

const invalid = (why: string): Failure => new Failure("CONTAINER_CONFIG_INVALID", { why });

/** The container-wide links are those of its first network; elsewhere they are that network's own. */
function withLinks(config: EndpointConfig, links: readonly string[]): EndpointConfig {
  return config.links.length === 0 && links.length > 0 ? { ...config, links } : config;
}

/**
 * What a container shall be connected to: the network of its mode first, then the others by name, all under the names they have now; one that
 * is not there yet keeps the name it was given. Throws CONTAINER_CONFIG_INVALID, ENDPOINT_INVALID, OPTION_UNSUPPORTED.
 */
export function planConnections(
  { NetworkMode: mode, Links }: Pick<HostConfig, "NetworkMode" | "Links">,
  wanted: Connections,
  networks: Networks,
): Connections {
  if (joinedContainer(mode) !== undefined) {
    if (Object.keys(wanted).length > 0)
      throw invalid("conflicting options: networks and the container type network mode");
    return {};
  }
  const named = Object.entries(wanted).map(
    ([name, config]) => [currentName(networkName(name), networks), config] as const,
  );
  const first = currentName(networkName(mode), networks);
  const given = Object.fromEntries(named);
  const names = [
    first,
    ...Object.keys(given)
      .filter((name) => name !== first)
      .sort(),
  ];
  checkMix(names, networks);
  if (first === "host" && Links.length > 0)
    throw invalid(
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    );
  return Object.fromEntries(
    names.map((name) => {
      const config = withLinks(given[name] ?? PLAIN_ENDPOINT, name === first ? Links : []);
      const network = known(name, networks);
      if (network !== undefined) checkEndpoint(network, config);
      return [name, config];
    }),
  );
}

function checkMix(names: readonly string[], networks: Networks): void {
  if (names.length < 2) return;
  for (const name of names) {
    const network = known(name, networks);
    if (network !== undefined && network.subnet === undefined)
      throw invalid(
        "conflicting options: cannot attach both user-defined and non-user-defined network-modes",
      );
  }
}

function known(name: string, networks: Networks) {
  try {
    return networks.get(name);
  } catch (error) {
    if (isKind(error, "not-found")) return undefined;
    throw error;
  }
}

const currentName = (text: string, networks: Networks): string => known(text, networks)?.name ?? text;

/** The connection that leads out by a family: of those that can, the one with the highest priority, then the first by name. */
export const wayOut = (
  endpoints: readonly EndpointRecord[],
  family: Family = 4,
): EndpointRecord | undefined =>
  endpoints
    .filter((endpoint) => gatewayTo(endpoint, family) !== "")
    .sort(
      (a, b) => b.config.gatewayPriority - a.config.gatewayPriority || (a.network < b.network ? -1 : 1),
    )[0];

/** Gives the namespace of `pid` its default routes, where they are others than those of `before`. */
export async function routeOut(
  networks: Pick<Networks, "route">,
  pid: number,
  {
    endpoints,
    before = [],
  }: { readonly endpoints: readonly EndpointRecord[]; readonly before?: readonly EndpointRecord[] },
): Promise<void> {
  for (const family of FAMILIES) {
    const out = wayOut(endpoints, family);
    if (out !== undefined && out.endpointId !== wayOut(before, family)?.endpointId)
      await networks.route(out, pid, family);
  }
}

/** The first name of its kind that no connection has: "eth0". */
export function freeLink(endpoints: readonly EndpointRecord[]): string {
  for (let number = 0; ; number++)
    if (!endpoints.some(({ link }) => link === `eth${number}`)) return `eth${number}`;
}

/** A container in the host's network has the host's name. */
export const defaultHostname = (id: string, networks: Networks, mode: string): string => {
  if (joinedContainer(mode) !== undefined) return "";
  const network = known(networkName(mode), networks);
  const shared = network !== undefined && networks.driverOf(network).sharing === "host";
  return shared ? hostname() : id.slice(0, 12);
};
