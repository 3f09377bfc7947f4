import { readFileSync } from "node:fs";
import type { KernelNetwork } from "../../native/kernel.ts";
import type { Store } from "../../store/types.ts";
import { BridgeDriver } from "./bridge-driver.ts";
import { createFirewall } from "./firewall.ts";
import { Networks } from "./networks.ts";
import { createNullDriver, hostDriver } from "./plain-drivers.ts";

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
    routes: () => readFileSync("/proc/net/route", "utf8"),
  });
}
