import { defineCommand } from "../command.ts";
import { containerListing } from "../container/listing.ts";
import { readFilters } from "../filters.ts";
import { FORMAT_FLAG, printListing } from "../listing.ts";

export const ps = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    all: { kind: "bool", short: "a", help: "Show all containers (default shows just running)" },
    filter: { kind: "list", short: "f", type: "filter", help: "Filter output based on conditions provided" },
    format: FORMAT_FLAG,
    last: {
      kind: "int",
      short: "n",
      default: -1,
      help: "Show n last created containers (includes all states)",
    },
    latest: { kind: "bool", short: "l", help: "Show the latest created container (includes all states)" },
    "no-trunc": { kind: "bool", help: "Don't truncate output" },
    quiet: { kind: "bool", short: "q", help: "Only display container IDs" },
    size: { kind: "bool", short: "s", help: "Display total file sizes" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const { containers } = await context.engine();
    const last = flags.latest ? 1 : flags.last;
    const filters = readFilters(flags.filter);
    const records = await containers.list({
      all: flags.all || last > 0 || filters["status"] !== undefined || filters["exited"] !== undefined,
      ...(last > 0 ? { limit: last } : {}),
      filters,
    });
    const sizes = new Map<string, { readonly written: number; readonly total: number }>();
    if (flags.size || flags.format?.includes(".Size") === true) {
      for (const { id } of records) sizes.set(id, await containers.size(id));
    }
    const rows = records.map((record) => ({ record, size: sizes.get(record.id) }));
    const listing = containerListing({ truncate: !flags["no-trunc"], size: flags.size, now: Date.now() });
    await printListing(context, listing, rows, flags);
    return 0;
  },
});
