import { defineCommand } from "../command.ts";
import { humanSize } from "../format/units.ts";
import { FORMAT_FLAG, type Listing, printListing } from "../listing.ts";

interface Usage {
  readonly type: string;
  readonly count: number;
  readonly active: number;
  readonly bytes: number;
  readonly reclaimable: number;
}

export const systemDf = defineCommand({
  usage: "[OPTIONS]",
  flags: { format: FORMAT_FLAG },
  unsupported: ["verbose", "v"],
  args: { min: 0, max: 0 },
  async run(context, _args, { format }) {
    const { system } = await context.engine();
    const rows = Object.entries(await system.diskUsage()).map(([type, usage]) => ({ type, ...usage }));
    await printListing(context, LISTING, rows, { format, quiet: false });
    return 0;
  },
});

const LISTING: Listing<Usage> = {
  quiet: "Type",
  table: ["Type", "TotalCount", "Active", "Size", "Reclaimable"],
  fields: {
    Active: { header: "ACTIVE", value: ({ active }) => String(active) },
    Reclaimable: {
      header: "RECLAIMABLE",
      value: ({ bytes, reclaimable }) =>
        bytes === 0
          ? humanSize(0)
          : `${humanSize(reclaimable)} (${Math.trunc((100 * reclaimable) / bytes)}%)`,
    },
    Size: { header: "SIZE", value: ({ bytes }) => humanSize(bytes) },
    TotalCount: { header: "TOTAL", value: ({ count }) => String(count) },
    Type: { header: "TYPE", value: ({ type }) => type },
  },
};
