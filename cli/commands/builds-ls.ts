import { buildListing, buildSummary } from "../builds/listing.ts";
import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { FORMAT_FLAG, printListing } from "../listing.ts";

export const buildsLs = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    filter: { kind: "list", short: "f", help: 'Provide filter values (e.g., "status=error", "duration>1m")' },
    format: FORMAT_FLAG,
    "no-trunc": { kind: "bool", help: "Don't truncate output" },
    quiet: { kind: "bool", short: "q", help: "Only display IDs" },
  },
  unsupported: ["builder", "local"],
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const { buildHistory } = await context.engine();
    const records = await buildHistory.list({ filters: flags.filter });
    if (flags.format === "json") {
      for (const record of records) await print(context, JSON.stringify(buildSummary(record)));
      return 0;
    }
    const isTable = flags.format === undefined || flags.format.startsWith("table");
    const listing = buildListing({ truncate: isTable && !flags["no-trunc"], now: Date.now() });
    await printListing(context, listing, records, flags);
    return 0;
  },
});
