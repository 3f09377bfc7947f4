import { defineCommand } from "../command.ts";

export const networkConnect = defineCommand({
  usage: "[OPTIONS] NETWORK CONTAINER",
  flags: {
    alias: { kind: "list", help: "Add network-scoped alias for the container" },
    "gw-priority": {
      kind: "int",
      help: "Highest gw-priority provides the default gateway. Accepts positive and negative values",
    },
    ip: { kind: "string", help: "IPv4 address (e.g., 172.30.100.104)" },
    link: { kind: "list", help: "Add link to another container" },
  },
  unsupported: ["driver-opt", "ip6", "link-local-ip"],
  args: { min: 2, max: 2 },
  completes: "network",
  async run(context, [network = "", container = ""], flags) {
    const { networks } = await context.engine();
    await networks.connect(network, container, {
      aliases: flags.alias,
      links: flags.link,
      ...(flags.ip === undefined ? {} : { address: flags.ip }),
      ...(flags["gw-priority"] === undefined ? {} : { gatewayPriority: flags["gw-priority"] }),
    });
    return 0;
  },
});
