import { STOP_FLAGS, stopOptions } from "../container/stop-flags.ts";
import { defineEachCommand } from "../each-command.ts";

export const restart = defineEachCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: STOP_FLAGS,
  completes: "container",
  async act({ containers }, name, flags) {
    await containers.restart(name, stopOptions(flags));
    return name;
  },
});
