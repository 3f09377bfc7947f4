import { Failure } from "../../core/errors.ts";
import { parseLink } from "../network/endpoint-config.ts";
import { parseContainerPort } from "../network/ports.ts";
import type { ContainerTable } from "./container-table.ts";
import type { StoredContainer } from "./stored-container.ts";

/** Another container of the default network, under a name of one's own. https://docs.docker.com/engine/network/links/ */
export interface Link {
  readonly alias: string;
  readonly name: string;
  readonly hostname: string;
  readonly address: string;
  /** "80/tcp" */
  readonly ports: readonly string[];
  readonly env: readonly string[];
}

const DEFAULT_NETWORK = "bridge";

type Linking = Pick<StoredContainer, "name" | "connections">;

/** The links of a container's default network; other networks have names. Throws CONTAINER_UNKNOWN, CONTAINER_CONFIG_INVALID. */
export const findLinks = (container: Linking, table: ContainerTable): readonly Link[] =>
  linksOf(container).map(({ container: target, alias }) => {
    const other = table.find(target);
    const link = linkTo(other, alias);
    if (link === undefined)
      throw new Failure("CONTAINER_CONFIG_INVALID", {
        why: `Cannot link to a non running container: /${other.name} AS /${container.name}/${alias}`,
      });
    return link;
  });

/** The links to containers that run now. */
export const livingLinks = (container: Linking, table: ContainerTable): readonly Link[] =>
  linksOf(container).flatMap(({ container: target, alias }) => {
    const other = table.list().find(({ id, name }) => name === target || id.startsWith(target));
    return (other === undefined ? undefined : linkTo(other, alias)) ?? [];
  });

const linksOf = ({ connections }: Linking) => (connections[DEFAULT_NETWORK]?.links ?? []).map(parseLink);

function linkTo({ name, config, state }: StoredContainer, alias: string): Link | undefined {
  if (state.phase !== "running") return undefined;
  const endpoint = state.endpoints.find(({ network }) => network === DEFAULT_NETWORK);
  if (endpoint === undefined) return undefined;
  return {
    alias,
    name,
    hostname: config.Hostname,
    address: endpoint.address,
    ports: Object.keys(config.ExposedPorts ?? {}),
    env: config.Env ?? [],
  };
}

/** What others set for a linked container and what every container has anyway. */
const OWN_VARIABLES = ["PATH", "HOME", "HOSTNAME", "TERM"];

/** The variables that tell a container about its links. */
export const linkEnv = (container: string, links: readonly Link[]): readonly string[] =>
  links.flatMap(({ alias, address, ports, env }) => {
    const prefix = alias.toUpperCase().replaceAll("-", "_");
    const sorted = ports.map(parseContainerPort).sort((a, b) => a.port - b.port);
    const [first] = sorted;
    return [
      ...(first === undefined ? [] : [`${prefix}_PORT=${first.protocol}://${address}:${first.port}`]),
      ...sorted.flatMap(({ port, protocol }) => {
        const name = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
        return [
          `${name}=${protocol}://${address}:${port}`,
          `${name}_ADDR=${address}`,
          `${name}_PORT=${port}`,
          `${name}_PROTO=${protocol}`,
        ];
      }),
      `${prefix}_NAME=/${container}/${alias}`,
      ...env
        .filter((entry) => !OWN_VARIABLES.includes(entry.split("=", 1)[0] ?? ""))
        .map((entry) => `${prefix}_ENV_${entry}`),
    ];
  });
