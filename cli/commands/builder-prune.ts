import { defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { print } from "../context.ts";
import { humanSize } from "../format/units.ts";

export const builderPrune = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    all: { kind: "bool", short: "a", help: "Remove all unused build cache, not just dangling ones" },
    force: { kind: "bool", short: "f", help: "Do not prompt for confirmation" },
  },
  unsupported: ["filter", "keep-storage", "max-used-space", "min-free-space", "reserved-space"],
  args: { min: 0, max: 0 },
  async run(context, _args, { all, force }) {
    const which = all ? "all build cache" : "all dangling build cache";
    if (!force && !(await confirm(context, `This will remove ${which}.`))) return 1;
    const { builds } = await context.engine();
    const { records, bytes } = await builds.prune({ all });
    await print(
      context,
      `Deleted ${records} cache record${records === 1 ? "" : "s"}\nTotal reclaimed space: ${humanSize(bytes)}`,
    );
    return 0;
  },
});
