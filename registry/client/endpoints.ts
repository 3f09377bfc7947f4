import type { Reference } from "../../core/reference.ts";
import { hostOf, isLoopback } from "./http/proxies.ts";

/** A server that may have a repository. */
export interface Endpoint {
  /** "host" or "host:port", as certs.d and --insecure-registry name it. */
  readonly host: string;
  /** Base URLs in the order in which they are tried; one without TLS only if the registry need not be trusted. */
  readonly bases: readonly URL[];
  readonly mirror: boolean;
}

export const HUB = "docker.io";
const HUB_HOST = "registry-1.docker.io";

/** The host behind a reference's domain. */
export const hostOfDomain = (domain: string): string => (domain === HUB ? HUB_HOST : domain);

/** hostOfDomain() the other way round: what a host's credentials are kept under. */
export const domainOfHost = (host: string): string => (host === HUB_HOST ? HUB : host);

/**
 * The registry of a domain; plain HTTP is the second choice, and only where `insecure`. On this machine it is the first: there it is what
 * registries speak, and asking for TLS costs more than the rest of a small push.
 */
export function endpointOf(domain: string, insecure: boolean): Endpoint {
  const host = hostOfDomain(domain);
  const local = isLoopback(hostOf(new URL(`http://${host}`)));
  const schemes = local ? ["http", "https"] : insecure ? ["https", "http"] : ["https"];
  return { host, bases: schemes.map((scheme) => new URL(`${scheme}://${host}/`)), mirror: false };
}

/** Mirrors stand in for Docker Hub alone, as with dockerd. */
export function mirrorsOf(reference: Reference, mirrors: readonly URL[]): readonly Endpoint[] {
  if (reference.domain !== HUB) return [];
  return mirrors.map((base) => ({ host: base.host, bases: [base], mirror: true }));
}
