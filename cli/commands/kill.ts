import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { forEachArgument } from "../errors.ts";

export const kill = defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: {
    signal: { kind: "string", short: "s", default: "SIGKILL", help: "Signal to send to the container" },
  },
  args: { min: 1 },
  completes: "container",
  async run(context, args, { signal }) {
    const { containers } = await context.engine();
    return forEachArgument(context, args, async (name) => {
      await containers.kill(name, signal);
      await print(context, name);
    });
  },
});
