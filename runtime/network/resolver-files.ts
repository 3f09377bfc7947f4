import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseLink } from "./endpoint-config.ts";

// What a container's resolver reads: native/launcher/name_table.h describes the lines.

export interface NamedEndpoint {
  readonly address: string;
  /** IPv6. */
  readonly address6?: string;
  readonly container: string;
  /** The container's own first. */
  readonly names: readonly string[];
}

/** A name as it is looked up; none for one that no question could have. */
const lookupName = (name: string): readonly string[] => {
  const lower = name.toLowerCase();
  return /^[^\s]{1,253}$/.test(lower) ? [lower] : [];
};

/** The names of a network. */
export function networkNames(network: string, endpoints: readonly NamedEndpoint[]): string {
  const lines = endpoints.flatMap(({ address, address6, container, names }) => {
    const rest = [container, ...new Set(names.flatMap(lookupName))].join(" ");
    return [address, ...(address6 === undefined ? [] : [address6])].map((each) => `${each} ${rest}`);
  });
  return [`network ${network.toLowerCase()}`, ...lines, ""].join("\n");
}

export interface ResolverSettings {
  /** Directory of all containers. */
  readonly containers: string;
  /** Files of the container's networks. */
  readonly networks: readonly string[];
  /** "container:alias" */
  readonly links: readonly string[];
  /** Servers the container itself asks, and those this host asks for it, by their addresses. */
  readonly servers: { readonly from: "container" | "host"; readonly addresses: readonly string[] };
}

/** What one container's resolver answers from. */
export function resolverSettings({ containers, networks, links, servers }: ResolverSettings): string {
  const pairs = links.map(parseLink);
  return [
    `containers ${containers}`,
    ...servers.addresses.map((address) => `forward ${servers.from} ${address}`),
    ...networks.map((file) => `network ${file}`),
    ...pairs.map(({ alias, container }) => `link ${alias.toLowerCase()} ${container.toLowerCase()}`),
    "",
  ].join("\n");
}

/** Puts a text in place of a file, whole or not at all. */
export function replaceText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
