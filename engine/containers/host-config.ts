import type { HostConfig } from "../../runtime/container-config.ts";
import { DEFAULT_HOST_CONFIG } from "../../runtime/spec/defaults.ts";

/** A container's whole host configuration, with what Docker derives when a container is created. */
export function completeHostConfig(given: Partial<HostConfig>): HostConfig {
  const config = { ...DEFAULT_HOST_CONFIG, ...given };
  // As much swap as memory, unless something else is said.
  const derivesSwap = config.Memory > 0 && config.MemorySwap === 0;
  return {
    ...config,
    MemorySwap: derivesSwap ? 2 * config.Memory : config.MemorySwap,
    CapAdd: config.CapAdd.map(capabilityName),
    CapDrop: config.CapDrop.map(capabilityName),
  };
}

/** "net_admin" and "CAP_NET_ADMIN" are one. */
function capabilityName(text: string): string {
  const name = text.toUpperCase();
  return name === "ALL" || name.startsWith("CAP_") ? name : `CAP_${name}`;
}
