import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { forEachArgument } from "../errors.ts";

export const buildsRm = defineCommand({
  usage: "[OPTIONS] [BUILD...]",
  flags: { all: { kind: "bool", help: "Remove all builds that have ended" } },
  unsupported: ["builder"],
  args: { min: 0 },
  completes: "build",
  async run(context, builds, { all }) {
    const { buildHistory } = await context.engine();
    if (all && builds.length > 0) throw new Failure("OPTIONS_CONFLICT", { one: "--all", other: "BUILD" });
    if (!all && builds.length === 0)
      throw new Failure("ARGUMENTS_INVALID", {
        why: `${context.program}: '${context.program} builds rm' requires at least 1 argument, or --all`,
      });
    if (all) {
      for (const ref of await buildHistory.removeAll()) await print(context, ref);
      return 0;
    }
    return forEachArgument(context, builds, async (build) => {
      const { ref } = await buildHistory.get(build);
      await buildHistory.remove(ref);
      await print(context, ref);
    });
  },
});
