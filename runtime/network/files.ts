import { isIPv4 } from "node:net";
import { Failure } from "../../core/errors.ts";
import type { HostConfig } from "../container-config.ts";

const LOCAL_HOSTS = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::\tip6-localnet",
  "ff00::\tip6-mcastprefix",
  "ff02::1\tip6-allnodes",
  "ff02::2\tip6-allrouters",
];
const FALLBACK_NAMESERVERS = ["8.8.8.8", "8.8.4.4"];

export interface HostsRequest {
  readonly hostname: string;
  readonly domainname?: string | undefined;
  /** The container's addresses; none without a network. */
  readonly addresses: readonly string[];
  /** "name:address" or "name=address"; the address "host-gateway" is this machine's. */
  readonly extraHosts: readonly string[];
  readonly gateway?: string | undefined;
  /** Other containers. */
  readonly links?: readonly {
    readonly address: string;
    readonly alias: string;
    readonly hostname: string;
    readonly name: string;
  }[];
}

/** Reads an --add-host entry; throws CONTAINER_CONFIG_INVALID with Docker's words. */
export function parseExtraHost(entry: string): { readonly name: string; readonly address: string } {
  const at = entry.search(/[:=]/);
  const [name, address] = [entry.slice(0, Math.max(at, 0)), entry.slice(at + 1)];
  if (at < 1)
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: `bad format for add-host: ${JSON.stringify(entry)}`,
    });
  const bare = address.replace(/^\[(.*)\]$/, "$1");
  if (bare !== "host-gateway" && !isIPv4(bare) && !/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(bare))
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: `invalid IP address in add-host: ${JSON.stringify(address)}`,
    });
  return { name, address: bare };
}

/** Text of a container's /etc/hosts: hosts(5). */
export function hostsFile(request: HostsRequest): string {
  const names =
    request.domainname === undefined || request.domainname === ""
      ? request.hostname
      : `${request.hostname}.${request.domainname} ${request.hostname}`;
  const extra = request.extraHosts.map((entry) => {
    const { name, address } = parseExtraHost(entry);
    return `${address === "host-gateway" ? (request.gateway ?? "127.0.0.1") : address}\t${name}`;
  });
  const linked = (request.links ?? []).map(
    ({ address, ...names }) =>
      `${address}\t${[...new Set([names.alias, names.hostname, names.name])].join(" ")}`,
  );
  const own = request.addresses.map((address) => `${address}\t${names}`);
  return `${[...LOCAL_HOSTS, ...extra, ...linked, ...own].join("\n")}\n`;
}

export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** Reads resolv.conf(5): the last search or domain line counts. */
export function parseResolvConf(text: string): ResolvConf {
  const lines = text
    .split("\n")
    .map((line) =>
      line
        .replace(/[#;].*$/, "")
        .trim()
        .split(/\s+/),
    )
    .filter(([word]) => word !== undefined && word !== "");
  const rest = (words: readonly string[]) =>
    lines.filter(([word = ""]) => words.includes(word)).map((l) => l.slice(1));
  return {
    nameservers: rest(["nameserver"]).flatMap(([server]) => server ?? []),
    search: rest(["search", "domain"]).at(-1) ?? [],
    options: rest(["options"]).flat(),
  };
}

const isLoopback = (server: string): boolean => server.startsWith("127.") || /^(0*:)*0*:?0*1$/.test(server);

/** Where a container in a network with names finds its resolver, as in Docker. */
export const RESOLVER_ADDRESS = "127.0.0.11";

/** The resolvers this host asks, or public ones. */
export const hostServers = ({ nameservers }: ResolvConf): readonly string[] =>
  nameservers.length > 0 ? nameservers : FALLBACK_NAMESERVERS;

/**
 * Text of a container's /etc/resolv.conf: the host's, replaced by what the container asks for. A resolver on the host's loopback cannot be
 * reached from another network namespace and is left out; with none left, public ones serve. In networks with names the container asks its own
 * resolver, which asks these.
 */
export function resolvConfFile(
  host: ResolvConf,
  wanted: Pick<HostConfig, "Dns" | "DnsSearch" | "DnsOptions">,
  network: "private" | "host" | "named",
): string {
  const reachable = host.nameservers.filter((server) => network === "host" || !isLoopback(server));
  const inherited = reachable.length === 0 && network === "private" ? FALLBACK_NAMESERVERS : reachable;
  const asked = wanted.Dns.length > 0 ? wanted.Dns : inherited;
  const servers = network === "named" ? [RESOLVER_ADDRESS] : asked;
  const search = wanted.DnsSearch.length > 0 ? wanted.DnsSearch.filter((name) => name !== ".") : host.search;
  const given = wanted.DnsOptions.length > 0 ? wanted.DnsOptions : host.options;
  // A name without dots is asked for as it is: it may be a container's.
  const dots = network === "named" && !given.some((option) => option.startsWith("ndots:")) ? ["ndots:0"] : [];
  const options = [...given, ...dots];
  const lines = [
    ...servers.map((server) => `nameserver ${server}`),
    ...(search.length > 0 ? [`search ${search.join(" ")}`] : []),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}
