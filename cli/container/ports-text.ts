import type { ContainerInfo } from "../../engine/api.ts";

export interface Published {
  /** "80/tcp" */
  readonly port: string;
  /** "0.0.0.0:8080" */
  readonly host: string;
}

/** The ports of a container that are reachable on this host now. */
export const publishedPorts = ({ endpoints }: ContainerInfo): readonly Published[] =>
  endpoints.flatMap(({ ports }) =>
    ports.map(({ protocol, hostAddress, hostPort, containerPort }) => ({
      port: `${containerPort}/${protocol}`,
      host: `${hostAddress.includes(":") ? `[${hostAddress}]` : hostAddress}:${hostPort}`,
    })),
  );

/** "0.0.0.0:8080->80/tcp, 443/tcp", as `docker ps` prints the ports of a running container. */
export function portsText(record: ContainerInfo): string {
  const { state, hostConfig, config } = record;
  if ((state.status !== "running" && state.status !== "paused") || hostConfig.NetworkMode === "host")
    return "";
  const published = publishedPorts(record);
  const exposed = Object.keys(config.ExposedPorts ?? {}).filter(
    (key) => !published.some(({ port }) => port === key),
  );
  return [...published.map(({ host, port }) => `${host}->${port}`), ...exposed].join(", ");
}
