import { isCode } from "../../core/errors.ts";
import type { EndpointRecord } from "../container-config.ts";
import { connectShim } from "../launch/shim.ts";
import { hostServers, RESOLVER_ADDRESS } from "../network/files.ts";
import { readHostResolvConf } from "../network/host-resolv-conf.ts";
import { hasNames } from "../network/network-table.ts";
import { replaceText, resolverSettings } from "../network/resolver-files.ts";
import { ContainerFiles } from "./container-files.ts";
import type { ContainerParts } from "./parts.ts";
import type { StoredContainer } from "./stored-container.ts";

const DOMAIN = 53;

/** Whether a container with these connections has a resolver of its own. */
export const needsNames = (endpoints: readonly EndpointRecord[]): boolean => endpoints.some(hasNames);

/** Tells the resolver of a container what it shall answer from. */
export function writeResolver(
  { id, hostConfig }: StoredContainer,
  endpoints: readonly EndpointRecord[],
  { store: { paths } }: Pick<ContainerParts, "store">,
): void {
  const named = endpoints.filter(hasNames);
  // Without a way out there is nobody to ask.
  const leadsOut = endpoints.some(({ gateway }) => gateway !== "");
  const own = hostConfig.Dns.length > 0;
  const addresses = own ? hostConfig.Dns : hostServers(readHostResolvConf());
  const settings = resolverSettings({
    containers: paths.containers,
    networks: named.map(({ networkId }) => paths.networkNames(networkId)),
    links: named.flatMap(({ config }) => config.links),
    servers: { from: own ? "container" : "host", addresses: leadsOut ? addresses : [] },
  });
  replaceText(new ContainerFiles(paths, id).resolver, settings);
}

/**
 * Has the shim serve names inside the network namespace of `pid`. It listens where the container's own programs do not, and packets to the
 * domain port are translated; where nftables cannot, it takes that port itself, which a name server inside could then not have.
 */
export async function serveNames(
  { id }: StoredContainer,
  pid: number,
  { store: { paths }, translateNames }: Pick<ContainerParts, "store" | "translateNames">,
): Promise<void> {
  const files = new ContainerFiles(paths, id);
  await using shim = await connectShim(files.socket);
  const ports = await shim.serveNames(pid, files.resolver, 0);
  try {
    await translateNames(pid, RESOLVER_ADDRESS, ports);
  } catch (error) {
    if (!isCode(error, "FIREWALL_FAILED")) throw error;
    await shim.serveNames(pid, files.resolver, DOMAIN);
  }
}
