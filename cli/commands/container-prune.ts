import { defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { print } from "../context.ts";
import { readFilters } from "../filters.ts";
import { humanSize } from "../format/units.ts";

export const containerPrune = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    filter: { kind: "list", help: 'Provide filter values (e.g. "until=<timestamp>")' },
    force: { kind: "bool", short: "f", help: "Do not prompt for confirmation" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, { filter, force }) {
    if (!force && !(await confirm(context, "This will remove all stopped containers."))) return 1;
    const { containers } = await context.engine();
    const { removed, bytes } = await containers.prune({ filters: readFilters(filter) });
    if (removed.length > 0) await print(context, `Deleted Containers:\n${removed.join("\n")}\n`);
    await print(context, `Total reclaimed space: ${humanSize(bytes)}`);
    return 0;
  },
});
