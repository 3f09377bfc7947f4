import type { KernelNetwork } from "../../native/kernel.ts";
import type { NetworkDriver } from "./driver.ts";

/** Containers in the network namespace of the host. */
export const hostDriver: NetworkDriver = {
  name: "host",
  sharing: "host",
  check: () => undefined,
  optionsOf: ({ options }) => options,
  create: async () => [],
  delete: async () => undefined,
  attach: async () => undefined,
  detach: async () => undefined,
  route: async () => undefined,
};

/** Containers with a loopback interface only. */
export const createNullDriver = (kernel: Pick<KernelNetwork, "raiseLoopback">): NetworkDriver => ({
  name: "null",
  sharing: "private",
  check: () => undefined,
  optionsOf: ({ options }) => options,
  create: async () => [],
  delete: async () => undefined,
  attach: (_network, _endpoint, pid) => kernel.raiseLoopback(pid),
  detach: async () => undefined,
  route: async () => undefined,
});
