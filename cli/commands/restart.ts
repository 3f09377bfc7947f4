import { defineCommand } from "../command.ts";
import { STOP_FLAGS, stopOptions } from "../container/stop-flags.ts";
import { print } from "../context.ts";
import { forEachArgument } from "../errors.ts";

export const restart = defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: STOP_FLAGS,
  args: { min: 1 },
  completes: "container",
  async run(context, args, flags) {
    const { containers } = await context.engine();
    return forEachArgument(context, args, async (name) => {
      await containers.restart(name, stopOptions(flags));
      await print(context, name);
    });
  },
});
