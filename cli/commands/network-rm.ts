import { isCode } from "../../core/errors.ts";
import { defineEachCommand } from "../each-command.ts";

export const networkRm = defineEachCommand({
  usage: "NETWORK [NETWORK...]",
  flags: { force: { kind: "bool", short: "f", help: "Do not error if the network does not exist" } },
  completes: "network",
  async act({ networks }, name, { force }) {
    try {
      await networks.remove(name);
    } catch (error) {
      if (force && isCode(error, "NETWORK_UNKNOWN")) return [];
      throw error;
    }
    return name;
  },
});
