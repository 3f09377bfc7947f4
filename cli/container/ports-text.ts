import type { ContainerRecord } from "../../engine/api.ts";

/** "0.0.0.0:8080->80/tcp, 443/tcp", as `docker ps` prints the ports of a running container. */
export function portsText(record: ContainerRecord): string {
  if (record.state.status !== "running" && record.state.status !== "paused") return "";
  const { PortBindings: bindings, NetworkMode: mode } = record.hostConfig;
  const published = Object.entries(bindings).flatMap(([port, hosts]) =>
    hosts.map(({ HostIp, HostPort }) => `${hostText(HostIp)}:${HostPort}->${port}`),
  );
  const exposed = Object.keys(record.config.ExposedPorts ?? {}).filter(
    (port) => bindings[port] === undefined,
  );
  return (mode === "host" ? [] : [...published, ...exposed]).join(", ");
}

const hostText = (ip: string): string => (ip === "" ? "0.0.0.0" : ip.includes(":") ? `[${ip}]` : ip);
