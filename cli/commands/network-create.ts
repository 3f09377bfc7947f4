import { Failure } from "../../core/errors.ts";
import type { NetworkCreate } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { keyValues } from "../container/key-values.ts";
import { print, warn } from "../context.ts";

interface AddressFlags {
  readonly subnet: readonly string[];
  readonly gateway: readonly string[];
  readonly "ip-range": readonly string[];
  readonly "aux-address": readonly string[];
}

export const networkCreate = defineCommand({
  usage: "[OPTIONS] NETWORK",
  flags: {
    "aux-address": { kind: "list", type: "map", help: "Auxiliary IPv4 addresses used by Network driver" },
    driver: { kind: "string", short: "d", default: "bridge", help: "Driver to manage the Network" },
    gateway: { kind: "list", help: "IPv4 Gateway for the master subnet" },
    internal: { kind: "bool", help: "Restrict external access to the network" },
    "ip-range": { kind: "list", help: "Allocate container ip from a sub-range" },
    label: { kind: "list", help: "Set metadata on a network" },
    opt: { kind: "list", short: "o", type: "map", help: "Set driver specific options" },
    subnet: { kind: "list", help: "Subnet in CIDR format that represents a network segment" },
  },
  unsupported: [
    "attachable",
    "config-from",
    "config-only",
    "ingress",
    "ipam-driver",
    "ipam-opt",
    "ipv4",
    "ipv6",
    "scope",
  ],
  args: { min: 1, max: 1 },
  async run(context, [name = ""], flags) {
    const addresses = readAddresses(flags);
    const request: NetworkCreate = {
      name,
      driver: flags.driver,
      internal: flags.internal,
      labels: keyValues(flags.label),
      options: keyValues(flags.opt),
      ...(addresses === undefined ? {} : { addresses }),
    };
    const { networks } = await context.engine();
    const { id, warnings } = await networks.create(request);
    for (const warning of warnings) await warn(context, `WARNING: ${warning}`);
    await print(context, id);
    return 0;
  },
});

/** One of each: a bridge has one IPv4 network. */
function readAddresses(flags: AddressFlags): NetworkCreate["addresses"] {
  for (const name of ["subnet", "gateway", "ip-range"] as const)
    if (flags[name].length > 1)
      throw new Failure("OPTION_UNSUPPORTED", { option: `more than one --${name}` });
  const [[subnet], [gateway], [range]] = [flags.subnet, flags.gateway, flags["ip-range"]];
  const reserved = keyValues(flags["aux-address"]);
  const others = gateway !== undefined || range !== undefined || flags["aux-address"].length > 0;
  if (subnet === undefined) {
    if (others)
      throw new Failure("NETWORK_INVALID", {
        why: "every ip-range or gateway must have a corresponding subnet",
      });
    return undefined;
  }
  return {
    subnet,
    ...(gateway === undefined ? {} : { gateway }),
    ...(range === undefined ? {} : { range }),
    ...(flags["aux-address"].length === 0 ? {} : { reserved }),
  };
}
