import type { EndpointConfig, HostConfig } from "../../runtime/container-config.ts";
import { PLAIN_ENDPOINT } from "../../runtime/network/endpoint-config.ts";
import { DEFAULT_HOST_CONFIG } from "../../runtime/spec/defaults.ts";

/** A container's whole host configuration, with what Docker derives when a container is created. */
export function completeHostConfig(given: Partial<HostConfig>): HostConfig {
  const config = { ...DEFAULT_HOST_CONFIG, ...given };
  // As much swap as memory, unless something else is said.
  const derivesSwap = config.Memory > 0 && config.MemorySwap === 0;
  return {
    ...config,
    LogConfig: { ...config.LogConfig, Type: config.LogConfig.Type || DEFAULT_HOST_CONFIG.LogConfig.Type },
    MemorySwap: derivesSwap ? 2 * config.Memory : config.MemorySwap,
    SecurityOpt: labelled(config),
    CapAdd: config.CapAdd.map(capabilityName),
    CapDrop: config.CapDrop.map(capabilityName),
  };
}

export const completeConnections = (
  given: Readonly<Record<string, Partial<EndpointConfig>>>,
): Readonly<Record<string, EndpointConfig>> =>
  Object.fromEntries(Object.entries(given).map(([name, config]) => [name, { ...PLAIN_ENDPOINT, ...config }]));

/** Docker writes down that a container which shares this much with the host has no label of its own. */
function labelled({ SecurityOpt, Privileged, IpcMode, PidMode }: HostConfig): readonly string[] {
  const shares = Privileged || IpcMode === "host" || PidMode === "host";
  const said = SecurityOpt.some((option) => /^label[=:]/.test(option));
  return shares && !said ? [...SecurityOpt, "label=disable"] : SecurityOpt;
}

/** "net_admin" and "CAP_NET_ADMIN" are one. */
function capabilityName(text: string): string {
  const name = text.toUpperCase();
  return name === "ALL" || name.startsWith("CAP_") ? name : `CAP_${name}`;
}
