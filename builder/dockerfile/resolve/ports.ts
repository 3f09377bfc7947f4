import { isIP } from "node:net";
import { cut, quote } from "../characters.ts";
import { Problem } from "../problem.ts";

const PROTOCOLS = new Set(["tcp", "udp", "sctp"]);

/** An argument of EXPOSE: `[[ip:]host:]container[-last][/protocol]`. */
export interface PortSpec {
  readonly ip: string;
  readonly hostPort: string;
  /** As written. */
  readonly protocol: string;
  /** "80/tcp", one for each port of the range. */
  readonly ports: readonly string[];
}

/** Reads an argument of EXPOSE. Throws a Problem. */
export function parsePort(text: string): PortSpec {
  const parts = text.split(":");
  const container = parts.pop() ?? "";
  const hostPort = parts.pop() ?? "";
  const ip = parts.join(":");
  const [port, written = ""] = cut(container, "/");
  if (port === "") throw new Problem(`invalid port: ${quote(text)}: no port specified`);
  const protocol = written || "tcp";
  if (!PROTOCOLS.has(protocol.toLowerCase())) {
    throw new Problem(`invalid port: ${quote(text)}: invalid proto: ${written}`);
  }
  checkAddress(ip);
  const range = parseRange(port);
  if (range === undefined) throw new Problem(`invalid containerPort: ${port}`);
  if (hostPort !== "") checkHostPort(hostPort, { port, ...range });
  const ports = Array.from(
    { length: range.last - range.first + 1 },
    (_, i) => `${range.first + i}/${protocol.toLowerCase()}`,
  );
  return { ip, hostPort, protocol, ports };
}

function checkAddress(written: string): void {
  const address = written.replace(/^\[(.*)\]$/, "$1");
  if (written !== "" && isIP(address) === 0) throw new Problem(`invalid IP address: ${address}`);
}

interface Range {
  readonly first: number;
  readonly last: number;
}

function checkHostPort(hostPort: string, container: Range & { readonly port: string }): void {
  const host = parseRange(hostPort);
  if (host === undefined) throw new Problem(`invalid hostPort: ${hostPort}`);
  const { first, last, port } = container;
  if (last - first !== host.last - host.first && first !== last) {
    throw new Problem(`invalid ranges specified for container and host Ports: ${port} and ${hostPort}`);
  }
}

function parseRange(text: string): Range | undefined {
  const [start, end = start] = cut(text, "-");
  const first = parseNumber(start);
  const last = parseNumber(end);
  return first === undefined || last === undefined || last < first ? undefined : { first, last };
}

function parseNumber(text: string): number | undefined {
  const value = /^\+?\d+$/.test(text) ? Number(text) : Number.NaN;
  return value <= 65_535 ? value : undefined;
}
