import { defineCommand } from "../command.ts";
import { LIMIT_FLAGS, readLimits } from "../container/limits.ts";
import { readRestartPolicy } from "../container/restart.ts";
import { print, warn } from "../context.ts";
import { forEachArgument } from "../errors.ts";

export const update = defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: {
    ...LIMIT_FLAGS,
    restart: { kind: "string", help: "Restart policy to apply when a container exits" },
  },
  unsupported: ["cpu-rt-period", "cpu-rt-runtime"],
  args: { min: 1 },
  completes: "container",
  async run(context, args, flags) {
    const { containers } = await context.engine();
    const { restart } = flags;
    const changes = {
      ...readLimits(flags),
      ...(restart === undefined ? {} : { RestartPolicy: readRestartPolicy(restart) }),
    };
    return forEachArgument(context, args, async (name) => {
      for (const warning of await containers.update(name, changes))
        await warn(context, `WARNING: ${warning}`);
      await print(context, name);
    });
  },
});
