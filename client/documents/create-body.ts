import type { Document } from "../../core/document.ts";
import type { ContainerCreate, EndpointConfig } from "../../engine/api.ts";

const UNCONFINED = "systempaths=unconfined";

/** Docker Engine API 1.51 "ContainerCreateRequest". */
export function createBody({
  config,
  hostConfig,
  networks = {},
}: Omit<ContainerCreate, "name" | "platform">): Document {
  const endpoints = Object.entries(networks).map(([name, wish]) => [name, endpointBody(wish)]);
  return {
    ...config,
    HostConfig: hostConfigBody(hostConfig),
    NetworkingConfig: { EndpointsConfig: Object.fromEntries(endpoints) },
  };
}

/** What docker's client sends for the one security option that is its own. */
function hostConfigBody({ SecurityOpt, ...others }: ContainerCreate["hostConfig"]): Document {
  if (SecurityOpt === undefined) return others;
  const unconfined = SecurityOpt.includes(UNCONFINED) ? { MaskedPaths: [], ReadonlyPaths: [] } : {};
  return { ...others, SecurityOpt: SecurityOpt.filter((option) => option !== UNCONFINED), ...unconfined };
}

/** Docker Engine API 1.51 "EndpointSettings". */
export const endpointBody = (wish: Partial<EndpointConfig>): Document => ({
  ...(wish.aliases === undefined ? {} : { Aliases: wish.aliases }),
  ...(wish.links === undefined ? {} : { Links: wish.links }),
  ...(wish.address === undefined && wish.address6 === undefined
    ? {}
    : {
        IPAMConfig: {
          ...(wish.address === undefined ? {} : { IPv4Address: wish.address }),
          ...(wish.address6 === undefined ? {} : { IPv6Address: wish.address6 }),
        },
      }),
  ...(wish.mac === undefined ? {} : { MacAddress: wish.mac }),
  ...(wish.gatewayPriority === undefined ? {} : { GwPriority: wish.gatewayPriority }),
});
