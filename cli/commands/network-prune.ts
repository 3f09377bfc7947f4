import { defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { print } from "../context.ts";
import { readFilters } from "../filters.ts";

export const networkPrune = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    filter: { kind: "list", help: "Provide filter values (e.g. 'label=<label>')" },
    force: { kind: "bool", short: "f", help: "Do not prompt for confirmation" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, { filter, force }) {
    const what = "This will remove all custom networks not used by at least one container.";
    if (!force && !(await confirm(context, what))) return 1;
    const { networks } = await context.engine();
    const { removed } = await networks.prune(readFilters(filter));
    if (removed.length > 0) await print(context, `Deleted Networks:\n${removed.join("\n")}\n`);
    return 0;
  },
});
