import { defineCommand } from "../command.ts";

export const networkDisconnect = defineCommand({
  usage: "[OPTIONS] NETWORK CONTAINER",
  flags: {
    force: { kind: "bool", short: "f", help: "Force the container to disconnect from a network" },
  },
  args: { min: 2, max: 2 },
  completes: "network",
  async run(context, [network = "", container = ""], { force }) {
    const { networks } = await context.engine();
    await networks.disconnect(network, container, { force });
    return 0;
  },
});
