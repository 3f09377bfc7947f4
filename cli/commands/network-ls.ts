import { shortId } from "../../core/ids.ts";
import type { NetworkInfo } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { readFilters } from "../filters.ts";
import { labelsText } from "../labels.ts";
import { FORMAT_FLAG, type Listing, printListing } from "../listing.ts";

export const networkLs = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    filter: { kind: "list", short: "f", help: "Provide filter values (e.g. 'driver=bridge')" },
    format: FORMAT_FLAG,
    "no-trunc": { kind: "bool", help: "Do not truncate the output" },
    quiet: { kind: "bool", short: "q", help: "Only display network IDs" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const { networks } = await context.engine();
    await printListing(
      context,
      listing(!flags["no-trunc"]),
      await networks.list(readFilters(flags.filter)),
      flags,
    );
    return 0;
  },
});

const listing = (truncate: boolean): Listing<NetworkInfo> => ({
  quiet: "ID",
  table: ["ID", "Name", "Driver", "Scope"],
  fields: {
    CreatedAt: { header: "CREATED AT", value: ({ createdAt }) => createdAt },
    Driver: { header: "DRIVER", value: ({ driver }) => driver },
    ID: { header: "NETWORK ID", value: ({ id }) => (truncate ? shortId(id) : id) },
    IPv4: { header: "IPV4", value: () => "true" },
    IPv6: { header: "IPV6", value: ({ ipv6 }) => String(ipv6 !== undefined) },
    Internal: { header: "INTERNAL", value: ({ internal }) => String(internal) },
    Labels: { header: "LABELS", value: ({ labels }) => labelsText(labels) },
    Name: { header: "NAME", value: ({ name }) => name },
    Scope: { header: "SCOPE", value: () => "local" },
  },
  methods: { Label: ({ labels }, name) => labels[name] ?? "" },
});
