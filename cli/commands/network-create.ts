import { Failure } from "../../core/errors.ts";
import type { AddressConfig, NetworkCreate } from "../../engine/api.ts";
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
    attachable: { kind: "bool", help: "Enable manual container attachment" },
    "aux-address": {
      kind: "list",
      type: "map",
      help: "Auxiliary IPv4 or IPv6 addresses used by Network driver",
    },
    driver: { kind: "string", short: "d", default: "bridge", help: "Driver to manage the Network" },
    gateway: { kind: "list", help: "IPv4 or IPv6 Gateway for the master subnet" },
    internal: { kind: "bool", help: "Restrict external access to the network" },
    "ip-range": { kind: "list", help: "Allocate container ip from a sub-range" },
    ipv6: { kind: "bool", help: "Enable or disable IPv6 address assignment" },
    label: { kind: "list", help: "Set metadata on a network" },
    opt: { kind: "list", short: "o", type: "map", help: "Set driver specific options" },
    subnet: { kind: "list", help: "Subnet in CIDR format that represents a network segment" },
  },
  unsupported: ["config-from", "config-only", "ingress", "ipam-driver", "ipam-opt", "ipv4", "scope"],
  args: { min: 1, max: 1 },
  async run(context, [name = ""], flags) {
    const addresses = readAddresses(flags);
    const request: NetworkCreate = {
      name,
      driver: flags.driver,
      internal: flags.internal,
      attachable: flags.attachable,
      labels: keyValues(flags.label),
      options: keyValues(flags.opt),
      ...(addresses.length === 0 ? {} : { addresses }),
      ...(flags.ipv6 ? { ipv6: true } : {}),
    };
    const { networks } = await context.engine();
    const { id, warnings } = await networks.create(request);
    for (const warning of warnings) await warn(context, `WARNING: ${warning}`);
    await print(context, id);
    return 0;
  },
});

const isSix = (text: string): boolean => text.includes(":");

/** For each subnet, a gateway, a range and reserved addresses of its family: a bridge has one network of each. */
function readAddresses(flags: AddressFlags): readonly AddressConfig[] {
  const reserved = Object.entries(keyValues(flags["aux-address"]));
  const configs = flags.subnet.map((subnet) => {
    const own = (texts: readonly string[]) => texts.filter((text) => isSix(text) === isSix(subnet));
    const [[gateway], [range]] = [own(flags.gateway), own(flags["ip-range"])];
    const kept = reserved.filter(([, address]) => isSix(address) === isSix(subnet));
    return {
      subnet,
      ...(gateway === undefined ? {} : { gateway }),
      ...(range === undefined ? {} : { range }),
      ...(kept.length === 0 ? {} : { reserved: Object.fromEntries(kept) }),
    };
  });
  for (const name of ["subnet", "gateway", "ip-range"] as const)
    for (const six of [true, false])
      if (flags[name].filter((text) => isSix(text) === six).length > 1)
        throw new Failure("OPTION_UNSUPPORTED", { option: `more than one --${name} of a family` });
  const others = [...flags.gateway, ...flags["ip-range"], ...reserved.map(([, address]) => address)];
  if (others.some((text) => !flags.subnet.some((subnet) => isSix(subnet) === isSix(text))))
    throw new Failure("NETWORK_INVALID", {
      why: "every ip-range or gateway must have a corresponding subnet",
    });
  return configs;
}
