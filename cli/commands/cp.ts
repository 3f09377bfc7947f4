import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { readCopyArgument } from "../copy/argument.ts";
import { copyFromContainer } from "../copy/from-container.ts";
import { copyToContainer } from "../copy/to-container.ts";
import { interruptible } from "../signals.ts";

export const cp = defineCommand({
  usage: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n[OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
  flags: {
    archive: { kind: "bool", short: "a", help: "Archive mode (copy all uid/gid information)" },
    "follow-link": { kind: "bool", short: "L", help: "Always follow symbol link in SRC_PATH" },
    quiet: { kind: "bool", short: "q", help: "Suppress progress output during copy" },
  },
  args: { min: 2, max: 2 },
  completes: "container",
  async run(context, args, flags) {
    const [from, to] = args.map(readCopyArgument);
    if (from === undefined || to === undefined) return 1;
    if (from.kind === "container" && to.kind === "container")
      throw new Failure("COPY_INVALID", { why: "copying between containers is not supported" });
    const { containers } = await context.engine();
    using interrupted = interruptible(context);
    const options = { archive: flags.archive, followLink: flags["follow-link"], signal: interrupted.signal };
    if (from.kind === "container" && to.kind !== "container")
      await copyFromContainer(context, containers, from, { ...options, to });
    else if (from.kind !== "container" && to.kind === "container")
      await copyToContainer(context, containers, from, { ...options, to });
    else throw new Failure("COPY_INVALID", { why: "must specify at least one container source" });
    return 0;
  },
});
