import { Failure } from "../../core/errors.ts";
import type { HostConfig, ProcessConfig } from "../container-config.ts";
import { publishes } from "../network/ports.ts";

/** The container that a mode "container:name" means. */
export const joinedContainer = (mode: string): string | undefined => /^container:(.*)$/.exec(mode)?.[1];

/** What belongs to whoever made the network namespace, and cannot be another's who joins it; in Docker's words and order. */
const CONFLICTS: readonly (readonly [
  why: string,
  asked: (config: ProcessConfig, hostConfig: HostConfig) => boolean,
])[] = [
  ["hostname and the network mode", ({ Hostname }) => Hostname !== ""],
  [
    "container type network can't be used with links. This would result in undefined behavior",
    (_, { Links }) => Links.length > 0,
  ],
  ["dns and the network mode", (_, { Dns }) => Dns.length > 0],
  ["custom host-to-IP mapping and the network mode", (_, { ExtraHosts }) => ExtraHosts.length > 0],
  ["port publishing and the container type network mode", (_, hostConfig) => publishes(hostConfig)],
];

/** Throws CONTAINER_CONFIG_INVALID. */
export function checkJoinedNetwork(config: ProcessConfig, hostConfig: HostConfig): void {
  if (joinedContainer(hostConfig.NetworkMode) === undefined) return;
  const conflict = CONFLICTS.find(([, asked]) => asked(config, hostConfig));
  if (conflict !== undefined)
    throw new Failure("CONTAINER_CONFIG_INVALID", { why: `conflicting options: ${conflict[0]}` });
}

/**
 * Ports that the user exposes, which those of an image are not. To publish one is to expose it, and told of as that is. Throws
 * CONTAINER_CONFIG_INVALID.
 */
export function checkJoinedPorts({ ExposedPorts = {} }: ExposingConfig, hostConfig: HostConfig): void {
  if (joinedContainer(hostConfig.NetworkMode) === undefined || publishes(hostConfig)) return;
  if (Object.keys(ExposedPorts).length > 0)
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: "conflicting options: port exposing and the container type network mode",
    });
}
type ExposingConfig = Partial<Pick<ProcessConfig, "ExposedPorts">>;
