import type { VolumeInfo } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { readFilters } from "../filters.ts";
import { labelsText } from "../labels.ts";
import { FORMAT_FLAG, type Listing, printListing } from "../listing.ts";

export const volumeLs = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    filter: { kind: "list", short: "f", help: "Provide filter values (e.g. 'dangling=true')" },
    format: FORMAT_FLAG,
    quiet: { kind: "bool", short: "q", help: "Only display volume names" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const { volumes } = await context.engine();
    await printListing(context, LISTING, await volumes.list(readFilters(flags.filter)), flags);
    return 0;
  },
});

const LISTING: Listing<VolumeInfo> = {
  quiet: "Name",
  table: ["Driver", "Name"],
  fields: {
    Driver: { header: "DRIVER", value: ({ driver }) => driver },
    Labels: { header: "LABELS", value: ({ labels }) => labelsText(labels) },
    Mountpoint: { header: "MOUNTPOINT", value: ({ mountpoint }) => mountpoint },
    Name: { header: "VOLUME NAME", value: ({ name }) => name },
    Scope: { header: "SCOPE", value: () => "local" },
  },
  methods: { Label: ({ labels }, name) => labels[name] ?? "" },
};
