import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { forEachArgument } from "../errors.ts";

export const rm = defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: {
    force: { kind: "bool", short: "f", help: "Force the removal of a running container (uses SIGKILL)" },
    volumes: { kind: "bool", short: "v", help: "Remove anonymous volumes associated with the container" },
  },
  unsupported: ["link", "l"],
  args: { min: 1 },
  completes: "container",
  async run(context, args, { force, volumes }) {
    const { containers } = await context.engine();
    return forEachArgument(context, args, async (name) => {
      await containers.remove(name, { force, volumes });
      await print(context, name);
    });
  },
});
