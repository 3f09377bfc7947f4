import { compileCacheFilters } from "../../core/build-cache.ts";
import { CACHE_FILTER_HELP, readCacheFilters } from "../builder/cache-filters.ts";
import { cacheListing, cacheParagraph, cacheTotals } from "../builder/cache-listing.ts";
import { defineCommand } from "../command.ts";
import { write } from "../context.ts";
import { FORMAT_FLAG, printListing } from "../listing.ts";

export const builderDu = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    filter: { kind: "list", help: CACHE_FILTER_HELP },
    format: FORMAT_FLAG,
    verbose: { kind: "bool", help: 'Shorthand for "--format=pretty"' },
  },
  unsupported: ["builder", "timeout"],
  args: { min: 0, max: 0 },
  async run(context, _args, { filter, format: given, verbose }) {
    const now = Date.now();
    const matches = await compileCacheFilters(readCacheFilters(filter), now);
    const { builds } = await context.engine();
    const entries = (await builds.usage()).filter(matches);
    const format = verbose ? "pretty" : given;
    if (format === "pretty") await write(context.stdout, entries.map(cacheParagraph).join(""));
    else await printListing(context, cacheListing(now), entries, { format, quiet: false });
    if (format === undefined || format === "pretty") await write(context.stdout, cacheTotals(entries));
    return 0;
  },
});
