import { createSocket } from "node:dgram";
import { createServer, isIPv6 } from "node:net";
import { Failure } from "../../core/errors.ts";
import type { PublishedPort } from "../container-config.ts";
import type { PortProtocol, PortRequest } from "./ports.ts";

/** Opens the port for a moment: the port that was free, or the reason it is not. 0 lets the kernel choose. */
type Probe = (
  hostAddress: string,
  port: number,
) => Promise<{ readonly port: number } | { readonly why: string }>;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EACCES: "permission denied",
};
const reasonOf = (error: NodeJS.ErrnoException): string => REASONS[error.code ?? ""] ?? error.message;

const probeTcp: Probe = (host, port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve({ why: reasonOf(error) }));
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () => {
      const address = server.address();
      const free = address === null || typeof address === "string" ? port : address.port;
      server.close(() => resolve({ port: free }));
    });
  });

const probeUdp: Probe = (address, port) =>
  new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? { type: "udp6", ipv6Only: true } : { type: "udp4" });
    socket.once("error", (error) => resolve({ why: reasonOf(error) }));
    socket.bind({ address, port, exclusive: true }, () => {
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

const ANY_ADDRESS = ["0.0.0.0", "::"];

const collides = (
  a: Pick<PublishedPort, "protocol" | "hostAddress" | "hostPort">,
  b: PublishedPort,
): boolean =>
  a.protocol === b.protocol &&
  a.hostPort === b.hostPort &&
  isIPv6(a.hostAddress) === isIPv6(b.hostAddress) &&
  (a.hostAddress === b.hostAddress || [a, b].some(({ hostAddress }) => ANY_ADDRESS.includes(hostAddress)));

const RANDOM_TRIES = 20;
const hostText = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/** The port, when it is free on every address; 0 is any, which the first address chooses. */
async function tryPort(
  { protocol, hostAddresses, containerPort }: PortRequest,
  wanted: number,
  taken: readonly PublishedPort[],
): Promise<number | Failure> {
  let port = wanted;
  for (const hostAddress of hostAddresses) {
    const isTaken = (hostPort: number) =>
      taken.some((other) => collides({ protocol, hostAddress, hostPort }, other));
    const found: Awaited<ReturnType<Probe>> =
      port !== 0 && isTaken(port) ? { port } : await PROBES[protocol](hostAddress, port);
    const host = hostText(hostAddress);
    if ("why" in found) {
      const binding = `${host}:${port}:${containerPort}/${protocol}`;
      return new Failure("PORT_TAKEN", { binding, why: found.why });
    }
    if (isTaken(found.port)) return new Failure("PORT_ALLOCATED", { address: `${host}:${found.port}` });
    port = found.port;
  }
  return port;
}

async function choosePort(
  request: PortRequest,
  taken: readonly PublishedPort[],
): Promise<readonly PublishedPort[]> {
  const { protocol, hostAddresses, containerPort } = request;
  const random = request.hostPorts.length === 0;
  const tries = random ? Array.from({ length: RANDOM_TRIES }, () => 0) : request.hostPorts;
  let failure = new Failure("PORT_ALLOCATED", { address: `${hostAddresses[0] ?? ""}:0` }) as Failure;
  for (const wanted of tries) {
    const found = await tryPort(request, wanted, taken);
    if (typeof found === "number")
      return hostAddresses.map((hostAddress) => ({ protocol, hostAddress, hostPort: found, containerPort }));
    failure = found;
  }
  throw failure;
}

/**
 * Finds a host port for each request, on each of its addresses, that neither `taken` nor another program has. Rejects with PORT_ALLOCATED, PORT_TAKEN.
 * The port is not held: the translation rule takes precedence over a program that opens it later.
 */
export async function choosePorts(
  requests: readonly PortRequest[],
  taken: readonly PublishedPort[],
): Promise<readonly PublishedPort[]> {
  const chosen: PublishedPort[] = [];
  for (const request of requests) chosen.push(...(await choosePort(request, [...taken, ...chosen])));
  return chosen;
}
