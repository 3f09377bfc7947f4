import { STOP_FLAGS, stopOptions } from "../container/stop-flags.ts";
import { defineEachCommand } from "../each-command.ts";

export const stop = defineEachCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: STOP_FLAGS,
  completes: "container",
  async act({ containers }, name, flags) {
    await containers.stop(name, stopOptions(flags));
    return name;
  },
});
