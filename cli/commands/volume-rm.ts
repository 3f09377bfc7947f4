import { defineEachCommand } from "../each-command.ts";

export const volumeRm = defineEachCommand({
  usage: "[OPTIONS] VOLUME [VOLUME...]",
  flags: { force: { kind: "bool", short: "f", help: "Force the removal of one or more volumes" } },
  completes: "volume",
  async act({ volumes }, name, { force }) {
    await volumes.remove(name, { force });
    return name;
  },
});
