import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { readIfThere } from "../../core/if-there.ts";
import type { KernelNetwork } from "../../native/kernel.ts";
import type { Store } from "../../store/types.ts";
import { BridgeDriver } from "./bridge-driver.ts";
import { createFirewall } from "./firewall.ts";
import type { HostNetwork } from "./network-table.ts";
import { Networks } from "./networks.ts";
import { createNullDriver, hostDriver } from "./plain-drivers.ts";

/** machine-id(5) stays over restarts; a host without one has its name. */
export const thisHost: HostNetwork = {
  id: () => readIfThere("/etc/machine-id")?.trim() || hostname(),
  routes: () => readFileSync("/proc/net/route", "utf8"),
  routes6: () => readIfThere("/proc/net/ipv6_route") ?? "",
};

/** The networks of a state root on this host, with every driver there is. Their bridges stay on the host until they are deleted. */
export function openNetworks({ paths, database, locks }: Store, kernel: KernelNetwork): Networks {
  const { root } = paths;
  return new Networks({
    root,
    database,
    locks,
    drivers: [
      new BridgeDriver({ root, kernel, firewall: createFirewall() }),
      hostDriver,
      createNullDriver(kernel),
    ],
    namesFile: (network) => paths.networkNames(network),
    host: thisHost,
  });
}
