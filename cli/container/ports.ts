import { Failure } from "../../core/errors.ts";
import type { HostConfig } from "../../engine/api.ts";

interface Ports {
  readonly exposed: Readonly<Record<string, Record<string, never>>>;
  readonly bindings: HostConfig["PortBindings"];
}

const PROTOCOLS = ["tcp", "udp", "sctp"];
const HIGHEST = 65535;

/** Reads `-p [ip:][hostPort[-end]:]containerPort[-end][/protocol]` and `--expose port[-end][/protocol]`; throws OPTION_INVALID. */
export function readPorts(publish: readonly string[], expose: readonly string[]): Ports {
  const exposed: Record<string, Record<string, never>> = {};
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const text of expose) {
    const { start, end, protocol } = containerPorts(text, text, "--expose");
    for (let port = start; port <= end; port++) exposed[`${port}/${protocol}`] = {};
  }
  for (const text of publish) {
    for (const { key, binding } of readPublish(text)) {
      exposed[key] = {};
      bindings[key] = [...(bindings[key] ?? []), binding];
    }
  }
  return { exposed, bindings };
}

function readPublish(text: string): { key: string; binding: { HostIp: string; HostPort: string } }[] {
  const [, bracketed, plain, host = "", container = ""] =
    /^(?:(?:\[([^\]]*)\]|([^:]*)):(?=[^:]*:))?(?:([^:]*):)?([^:]+)$/.exec(text) ?? [];
  const { start, end, protocol } = containerPorts(container, text, "--publish");
  const hosts = host === "" ? undefined : range(host, text, "--publish", "hostPort");
  const count = end - start;
  // One container port may be given a range of host ports to choose from.
  const chosen = hosts !== undefined && count === 0 && hosts.end > hosts.start;
  if (hosts !== undefined && !chosen && hosts.end - hosts.start !== count)
    refuse("--publish", text, "host and container ranges of the same length");
  return Array.from({ length: count + 1 }, (_, index) => ({
    key: `${start + index}/${protocol}`,
    binding: {
      HostIp: bracketed ?? plain ?? "",
      HostPort: hosts === undefined ? "" : chosen ? host : String(hosts.start + index),
    },
  }));
}

function containerPorts(text: string, whole: string, option: string) {
  const [ports = "", protocol = "tcp"] = text.split("/");
  if (!PROTOCOLS.includes(protocol.toLowerCase())) refuse(option, whole, "a protocol of tcp, udp or sctp");
  return { ...range(ports, whole, option, "containerPort"), protocol: protocol.toLowerCase() };
}

function range(text: string, whole: string, option: string, what: string): { start: number; end: number } {
  const [, first = "", last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [start, end] = [Number(first), Number(last)];
  if (first === "" || end > HIGHEST || start > end)
    refuse(option, whole, `${what} between 0 and ${HIGHEST}, or a range of them`);
  return { start, end };
}

function refuse(option: string, got: string, want: string): never {
  throw new Failure("OPTION_INVALID", { option, got, want });
}
