import { defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { print } from "../context.ts";
import { readFilters } from "../filters.ts";
import { humanSize } from "../format/units.ts";
import { removalText } from "../image-listing.ts";

export const imagePrune = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    all: { kind: "bool", short: "a", help: "Remove all unused images, not just dangling ones" },
    filter: { kind: "list", help: 'Provide filter values (e.g. "until=<timestamp>")' },
    force: { kind: "bool", short: "f", help: "Do not prompt for confirmation" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const warning = flags.all
      ? "This will remove all images without at least one container associated to them."
      : "This will remove all dangling images.";
    if (!flags.force && !(await confirm(context, warning))) return 1;
    const { images } = await context.engine();
    const { removed, bytes } = await images.prune({ all: flags.all, filters: readFilters(flags.filter) });
    if (removed.length > 0) await print(context, `Deleted Images:\n${removed.map(removalText).join("\n")}\n`);
    await print(context, `Total reclaimed space: ${humanSize(bytes)}`);
    return 0;
  },
});
