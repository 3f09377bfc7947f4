import { Failure } from "../../core/errors.ts";
import type { HostConfig, PublishedPort } from "../container-config.ts";
import { formatAddress, parseAddress } from "./addresses.ts";

export type PortProtocol = PublishedPort["protocol"];

/** A port to publish; any of `hostPorts`, in order, will do. An empty list leaves the choice to the kernel. */
export interface PortRequest {
  readonly protocol: PortProtocol;
  readonly containerPort: number;
  /** The same port of each. */
  readonly hostAddresses: readonly string[];
  readonly hostPorts: readonly number[];
}

const PROTOCOLS: readonly string[] = ["tcp", "udp", "sctp"];
const invalid = (why: string): Failure => new Failure("CONTAINER_CONFIG_INVALID", { why });

function parsePort(text: string, what: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw invalid(`invalid ${what}: ${text}`);
  return port;
}

/** "80/tcp" → its parts; throws CONTAINER_CONFIG_INVALID. */
export function parseContainerPort(text: string): { readonly port: number; readonly protocol: PortProtocol } {
  const [port = "", protocol = "tcp"] = text.split("/");
  if (!PROTOCOLS.includes(protocol.toLowerCase())) throw invalid(`invalid proto: ${protocol}`);
  return { port: parsePort(port, "containerPort"), protocol: protocol.toLowerCase() as PortProtocol };
}

/** "" → any, "8080", "8000-8010" → any of these. */
function parseHostPorts(text: string): readonly number[] {
  if (text === "" || text === "0") return [];
  const [first = "", last = first] = text.split("-");
  const [start, end] = [parsePort(first, "hostPort"), parsePort(last, "hostPort")];
  if (end < start) throw invalid(`invalid hostPort: ${text}`);
  return Array.from({ length: end - start + 1 }, (_, i) => start + i);
}

/** Where a container's ports can be published. */
export interface PublishPlace {
  /** The addresses of those that name none. */
  readonly hostAddresses: readonly string[];
  /** Whether the container has an IPv6 address to translate to. */
  readonly ipv6: boolean;
}
const ANYWHERE: PublishPlace = { hostAddresses: ["0.0.0.0"], ipv6: true };

function readHostAddresses(text: string, { hostAddresses, ipv6 }: PublishPlace): readonly string[] {
  if (text === "") return hostAddresses;
  const address = parseAddress(text.replace(/^\[(.*)\]$/, "$1"));
  if (address === undefined) throw invalid(`invalid IP address: ${text}`);
  const known = formatAddress(address);
  if (known === "::1")
    throw new Failure("OPTION_UNSUPPORTED", {
      option: "publishing on ::1, whose packets the kernel keeps from every other link,",
    });
  if (address.family === 6 && !ipv6)
    throw new Failure("OPTION_UNSUPPORTED", {
      option: `publishing on the IPv6 address ${known} for a container without one`,
    });
  return [known];
}

type Publishing = Pick<HostConfig, "PortBindings" | "PublishAllPorts">;

/** Whether HostConfig asks to publish anything. */
export const publishes = ({ PortBindings, PublishAllPorts }: Publishing): boolean =>
  PublishAllPorts || Object.keys(PortBindings).length > 0;

/**
 * What HostConfig asks to publish, with every exposed port for PublishAllPorts; at the addresses of `place` where it names none.
 * Throws CONTAINER_CONFIG_INVALID, and OPTION_UNSUPPORTED for an address that cannot be.
 */
export function portRequests(
  hostConfig: Publishing,
  exposed: readonly string[],
  place: PublishPlace = ANYWHERE,
): readonly PortRequest[] {
  const bound = Object.entries(hostConfig.PortBindings).flatMap(([key, bindings]) => {
    const { port, protocol } = parseContainerPort(key);
    const wanted = bindings.length > 0 ? bindings : [{ HostIp: "", HostPort: "" }];
    return wanted.map(({ HostIp, HostPort }) => ({
      protocol,
      containerPort: port,
      hostAddresses: readHostAddresses(HostIp, place),
      hostPorts: parseHostPorts(HostPort),
    }));
  });
  const others = hostConfig.PublishAllPorts
    ? exposed.filter((key) => hostConfig.PortBindings[key] === undefined)
    : [];
  const all = others.map((key) => {
    const { port, protocol } = parseContainerPort(key);
    return { protocol, containerPort: port, hostAddresses: place.hostAddresses, hostPorts: [] };
  });
  return [...bound, ...all];
}
