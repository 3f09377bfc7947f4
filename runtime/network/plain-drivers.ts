import type { KernelNetwork } from "../../native/kernel.ts";
import type { NetworkDriver } from "./driver.ts";

/** Containers in the network namespace of the host. */
export const hostDriver: NetworkDriver = {
  name: "host",
  sharing: "host",
  create: async () => [],
  delete: async () => undefined,
  attach: async () => undefined,
};

/** Containers with a loopback interface only. */
export const createNullDriver = (kernel: Pick<KernelNetwork, "raiseLoopback">): NetworkDriver => ({
  name: "null",
  sharing: "private",
  create: async () => [],
  delete: async () => undefined,
  attach: (_network, _endpoint, pid) => kernel.raiseLoopback(pid),
});
