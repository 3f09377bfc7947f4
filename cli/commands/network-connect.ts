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
    ip6: { kind: "string", help: "IPv6 address (e.g., 2001:db8::33)" },
    link: { kind: "list", help: "Add link to another container" },
  },
  unsupported: ["driver-opt", "link-local-ip"],
  args: { min: 2, max: 2 },
  completes: "network",
  async run(context, [network = "", container = ""], flags) {
    const { networks } = await context.engine();
    await networks.connect(network, container, {
      aliases: flags.alias,
      links: flags.link,
      ...(flags.ip === undefined ? {} : { address: flags.ip }),
      ...(flags.ip6 === undefined ? {} : { address6: flags.ip6 }),
      ...(flags["gw-priority"] === undefined ? {} : { gatewayPriority: flags["gw-priority"] }),
    });
    return 0;
  },
});
