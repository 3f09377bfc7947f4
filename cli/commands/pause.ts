import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { forEachArgument } from "../errors.ts";

const command = (verb: "pause" | "unpause") =>
  defineCommand({
    usage: "CONTAINER [CONTAINER...]",
    flags: {},
    args: { min: 1 },
    completes: "container",
    async run(context, args) {
      const { containers } = await context.engine();
      return forEachArgument(context, args, async (name) => {
        await containers[verb](name);
        await print(context, name);
      });
    },
  });

export const pause = command("pause");
export const unpause = command("unpause");
