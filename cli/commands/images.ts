import { defineCommand } from "../command.ts";
import { readFilters } from "../filters.ts";
import { imageListing, imageRows } from "../image-listing.ts";
import { FORMAT_FLAG, printListing } from "../listing.ts";

export const images = defineCommand({
  usage: "[OPTIONS] [REPOSITORY[:TAG]]",
  flags: {
    all: { kind: "bool", short: "a", help: "Show all images (default hides intermediate images)" },
    digests: { kind: "bool", help: "Show digests" },
    filter: { kind: "list", short: "f", type: "filter", help: "Filter output based on conditions provided" },
    format: FORMAT_FLAG,
    "no-trunc": { kind: "bool", help: "Don't truncate output" },
    quiet: { kind: "bool", short: "q", help: "Only show image IDs" },
  },
  unsupported: ["tree"],
  args: { min: 0, max: 1 },
  completes: "image",
  async run(context, [reference], flags) {
    const engine = await context.engine();
    const filters = readFilters(flags.filter);
    const records = await engine.images.list({
      all: flags.all,
      ...(reference === undefined ? {} : { reference }),
      filters,
    });
    const rows = imageRows(records, flags);
    const listing = imageListing({ truncate: !flags["no-trunc"], digests: flags.digests, now: Date.now() });
    await printListing(context, listing, rows, flags);
    return 0;
  },
});
