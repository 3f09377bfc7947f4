import type { ImageAttestation } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { humanSize } from "../format/units.ts";
import { FORMAT_FLAG, type Listing, printListing } from "../listing.ts";

const LISTING: Listing<ImageAttestation> = {
  quiet: "Digest",
  table: ["Kind", "Predicate", "Digest", "Size"],
  fields: {
    Kind: { header: "KIND", value: ({ kind }) => kind },
    Predicate: { header: "PREDICATE", value: ({ type }) => type },
    Digest: { header: "DIGEST", value: ({ digest }) => digest },
    Size: { header: "SIZE", value: ({ bytes }) => humanSize(bytes) },
  },
};

export const attestLs = defineCommand({
  usage: "[OPTIONS] IMAGE",
  flags: {
    format: FORMAT_FLAG,
    quiet: { kind: "bool", short: "q", help: "Only show digests" },
  },
  args: { min: 1, max: 1 },
  completes: "image",
  async run(context, [image = ""], flags) {
    const { images } = await context.engine();
    await printListing(context, LISTING, await images.attestations(image), flags);
    return 0;
  },
});
