import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { forEachArgument } from "../errors.ts";

export const wait = defineCommand({
  usage: "CONTAINER [CONTAINER...]",
  flags: {},
  args: { min: 1 },
  completes: "container",
  async run(context, args) {
    const { containers } = await context.engine();
    return forEachArgument(context, args, async (name) => {
      const { exitCode } = await containers.wait(name);
      await print(context, String(exitCode));
    });
  },
});
