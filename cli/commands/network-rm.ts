import { isCode } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { forEachArgument } from "../errors.ts";

export const networkRm = defineCommand({
  usage: "NETWORK [NETWORK...]",
  flags: { force: { kind: "bool", short: "f", help: "Do not error if the network does not exist" } },
  args: { min: 1 },
  completes: "network",
  async run(context, args, { force }) {
    const { networks } = await context.engine();
    return forEachArgument(context, args, async (name) => {
      try {
        await networks.remove(name);
      } catch (error) {
        if (force && isCode(error, "NETWORK_UNKNOWN")) return;
        throw error;
      }
      await print(context, name);
    });
  },
});
