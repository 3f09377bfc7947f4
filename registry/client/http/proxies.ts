import { BlockList, isIP } from "node:net";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL by HTTP_PROXY, HTTPS_PROXY and NO_PROXY (or their lower case), with the rules of Go's golang.org/x/net/http/httpproxy:
 * loopback is never proxied; NO_PROXY lists "*", names with their subdomains, ".suffix", addresses and networks, each with an optional port.
 */
export function proxyFor(url: URL, env: Environment): URL | undefined {
  const secure = url.protocol === "https:";
  const text = secure ? env["HTTPS_PROXY"] || env["https_proxy"] : env["HTTP_PROXY"] || env["http_proxy"];
  if (text === undefined || text === "") return undefined;
  if (isLoopback(hostOf(url)) || isExempt(url, env["NO_PROXY"] || env["no_proxy"] || "")) return undefined;
  const whole = text.includes("://") ? text : `http://${text}`;
  return URL.canParse(whole) ? new URL(whole) : undefined;
}

/** What a proxy wants to be told; undefined when its URL names nobody. */
export function authorizationOf({ username, password }: URL): string | undefined {
  if (username === "") return undefined;
  const account = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(account).toString("base64")}`;
}

/** Without the brackets of an IPv6 address. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

/** Without node:net, which a small push need not load. `host` as a URL has it, so that an address has one form. */
export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|::1)$/.test(host);

export function inList(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** The networks among `texts`, "10.0.0.0/8". */
export function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = "", bits = ""] = text.split("/");
    const family = isIP(address);
    if (family === 0 || !/^\d+$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) continue;
    list.addSubnet(address, Number(bits), family === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

function isExempt(url: URL, list: string): boolean {
  const entries = list
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "");
  if (entries.includes("*")) return true;
  const host = hostOf(url);
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return inList(networksOf(entries), host) || entries.some((entry) => matchesEntry(host, port, entry));
}

function matchesEntry(host: string, port: string, entry: string): boolean {
  const [, bracketed, plain, wanted] = /^(?:\[([^\]]+)\]|(.+?))(?::(\d+))?$/.exec(entry) ?? [];
  const name = isIP(entry) === 6 ? entry : (bracketed ?? plain ?? "");
  if (isIP(entry) !== 6 && wanted !== undefined && wanted !== port) return false;
  const suffix = name.replace(/^\*?\.?/, ".");
  return host === name || host.endsWith(suffix);
}
