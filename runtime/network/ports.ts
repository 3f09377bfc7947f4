import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { Failure } from "../../core/errors.ts";
import type { HostConfig, PublishedPort } from "../container-config.ts";
import { parseIpv4 } from "./addresses.ts";

export type PortProtocol = PublishedPort["protocol"];

/** A port to publish; any of `hostPorts`, in order, will do. An empty list leaves the choice to the kernel. */
export interface PortRequest {
  readonly protocol: PortProtocol;
  readonly containerPort: number;
  readonly hostAddress: string;
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

function parseHostAddress(text: string, otherwise: string): string {
  if (text === "") return otherwise;
  if (text.includes(":"))
    throw new Failure("OPTION_UNSUPPORTED", { option: `publishing on the IPv6 address ${text}` });
  if (parseIpv4(text) === undefined) throw invalid(`invalid IP address: ${text}`);
  return text;
}

type Publishing = Pick<HostConfig, "PortBindings" | "PublishAllPorts">;

/** Whether HostConfig asks to publish anything. */
export const publishes = ({ PortBindings, PublishAllPorts }: Publishing): boolean =>
  PublishAllPorts || Object.keys(PortBindings).length > 0;

/**
 * What HostConfig asks to publish, with every exposed port for PublishAllPorts; at `hostAddress` where it names none.
 * Throws CONTAINER_CONFIG_INVALID.
 */
export function portRequests(
  hostConfig: Publishing,
  exposed: readonly string[],
  hostAddress = "0.0.0.0",
): readonly PortRequest[] {
  const bound = Object.entries(hostConfig.PortBindings).flatMap(([key, bindings]) => {
    const { port, protocol } = parseContainerPort(key);
    const wanted = bindings.length > 0 ? bindings : [{ HostIp: "", HostPort: "" }];
    return wanted.map(({ HostIp, HostPort }) => ({
      protocol,
      containerPort: port,
      hostAddress: parseHostAddress(HostIp, hostAddress),
      hostPorts: parseHostPorts(HostPort),
    }));
  });
  const others = hostConfig.PublishAllPorts
    ? exposed.filter((key) => hostConfig.PortBindings[key] === undefined)
    : [];
  const all = others.map((key) => {
    const { port, protocol } = parseContainerPort(key);
    return { protocol, containerPort: port, hostAddress, hostPorts: [] };
  });
  return [...bound, ...all];
}

/** Opens the port for a moment: the port that was free, or the reason it is not. 0 lets the kernel choose. */
type Probe = (
  request: PortRequest,
  port: number,
) => Promise<{ readonly port: number } | { readonly why: string }>;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EACCES: "permission denied",
};
const reasonOf = (error: NodeJS.ErrnoException): string => REASONS[error.code ?? ""] ?? error.message;

const probeTcp: Probe = ({ hostAddress }, port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve({ why: reasonOf(error) }));
    server.listen({ host: hostAddress, port, exclusive: true }, () => {
      const address = server.address();
      const free = address === null || typeof address === "string" ? port : address.port;
      server.close(() => resolve({ port: free }));
    });
  });

const probeUdp: Probe = ({ hostAddress }, port) =>
  new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", (error) => resolve({ why: reasonOf(error) }));
    socket.bind({ address: hostAddress, port, exclusive: true }, () => {
      const free = socket.address().port;
      socket.close(() => resolve({ port: free }));
    });
  });

/** Node has no SCTP sockets: the chosen port is taken as free. */
const PROBES: Readonly<Record<PortProtocol, Probe>> = {
  tcp: probeTcp,
  udp: probeUdp,
  sctp: async (_, port) => (port === 0 ? { why: "an SCTP port needs a host port" } : { port }),
};

const collides = (
  a: Pick<PublishedPort, "protocol" | "hostAddress" | "hostPort">,
  b: PublishedPort,
): boolean =>
  a.protocol === b.protocol &&
  a.hostPort === b.hostPort &&
  (a.hostAddress === b.hostAddress || a.hostAddress === "0.0.0.0" || b.hostAddress === "0.0.0.0");

const RANDOM_TRIES = 20;

async function choosePort(request: PortRequest, taken: readonly PublishedPort[]): Promise<PublishedPort> {
  const { protocol, hostAddress, containerPort } = request;
  const isTaken = (hostPort: number) =>
    taken.some((other) => collides({ protocol, hostAddress, hostPort }, other));
  const random = request.hostPorts.length === 0;
  const tries = random ? Array.from({ length: RANDOM_TRIES }, () => 0) : request.hostPorts;
  let failure = new Failure("PORT_ALLOCATED", { address: `${hostAddress}:0` }) as Failure;
  for (const wanted of tries) {
    const found: Awaited<ReturnType<Probe>> =
      wanted !== 0 && isTaken(wanted) ? { port: wanted } : await PROBES[protocol](request, wanted);
    if ("why" in found) {
      const binding = `${hostAddress}:${wanted}:${containerPort}/${protocol}`;
      failure = new Failure("PORT_TAKEN", { binding, why: found.why });
    } else if (isTaken(found.port)) {
      failure = new Failure("PORT_ALLOCATED", { address: `${hostAddress}:${found.port}` });
    } else {
      return { protocol, hostAddress, hostPort: found.port, containerPort };
    }
  }
  throw failure;
}

/**
 * Finds a host port for each request that neither `taken` nor another program has. Rejects with PORT_ALLOCATED, PORT_TAKEN.
 * The port is not held: the translation rule takes precedence over a program that opens it later.
 */
export async function choosePorts(
  requests: readonly PortRequest[],
  taken: readonly PublishedPort[],
): Promise<readonly PublishedPort[]> {
  const chosen: PublishedPort[] = [];
  for (const request of requests) chosen.push(await choosePort(request, [...taken, ...chosen]));
  return chosen;
}
