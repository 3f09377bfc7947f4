import type { Document } from "../../core/document.ts";
import type { RegistrySettings } from "../registries.ts";

const HUB = { Name: "docker.io", Official: true, Secure: true };
/** Registries of this machine need no TLS, whatever is set. */
const LOOPBACK = ["127.0.0.0/8", "::1/128"];

/** What Docker Engine API 1.51 "SystemInfo" says of registries and the way to them. */
export function registryFacts({ env, named }: RegistrySettings): Document {
  const { insecure, mirrors } = named?.() ?? { insecure: [], mirrors: [] };
  const networks = insecure.filter((entry) => entry.includes("/"));
  const hosts = insecure.filter((entry) => !entry.includes("/"));
  const indexes = hosts.map(
    (host) => [host, { Mirrors: [], Name: host, Official: false, Secure: false }] as const,
  );
  const proxy = (name: string) => withoutPassword(env[name] ?? env[name.toLowerCase()] ?? "");
  return {
    IndexServerAddress: "https://index.docker.io/v1/",
    RegistryConfig: {
      IndexConfigs: Object.fromEntries([["docker.io", { Mirrors: mirrors, ...HUB }], ...indexes]),
      InsecureRegistryCIDRs: [...LOOPBACK, ...networks],
      Mirrors: mirrors.length > 0 ? mirrors : null,
    },
    HttpProxy: proxy("HTTP_PROXY"),
    HttpsProxy: proxy("HTTPS_PROXY"),
    NoProxy: proxy("NO_PROXY"),
  };
}

const withoutPassword = (url: string): string => url.replace(/\/\/[^/@]*@/, "//xxxxx:xxxxx@");
