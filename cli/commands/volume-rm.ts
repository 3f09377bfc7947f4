import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { forEachArgument } from "../errors.ts";

export const volumeRm = defineCommand({
  usage: "[OPTIONS] VOLUME [VOLUME...]",
  flags: { force: { kind: "bool", short: "f", help: "Force the removal of one or more volumes" } },
  args: { min: 1 },
  completes: "volume",
  async run(context, args, { force }) {
    const { volumes } = await context.engine();
    return forEachArgument(context, args, async (name) => {
      await volumes.remove(name, { force });
      await print(context, name);
    });
  },
});
