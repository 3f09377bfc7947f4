import { defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { print } from "../context.ts";
import { readFilters } from "../filters.ts";
import { humanSize } from "../format/units.ts";

export const volumePrune = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    all: { kind: "bool", short: "a", help: "Remove all unused volumes, not just anonymous ones" },
    filter: { kind: "list", help: "Provide filter values (e.g. 'label=<label>')" },
    force: { kind: "bool", short: "f", help: "Do not prompt for confirmation" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, { all, filter, force }) {
    const which = all ? "all local volumes" : "anonymous local volumes";
    if (!force && !(await confirm(context, `This will remove ${which} not used by at least one container.`)))
      return 1;
    const { volumes } = await context.engine();
    const { removed, bytes } = await volumes.prune({ all, filters: readFilters(filter) });
    if (removed.length > 0) await print(context, `Deleted Volumes:\n${removed.join("\n")}\n`);
    await print(context, `Total reclaimed space: ${humanSize(bytes)}`);
    return 0;
  },
});
