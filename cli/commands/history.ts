import { humanDuration } from "../../core/human-duration.ts";
import { shortId } from "../../core/ids.ts";
import type { ImageHistory } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { ellipsis } from "../container/listing.ts";
import { humanSize } from "../format/units.ts";
import { FORMAT_FLAG, type Listing, printListing } from "../listing.ts";

const CREATED_BY_WIDTH = 45;

export const history = defineCommand({
  usage: "[OPTIONS] IMAGE",
  flags: {
    format: FORMAT_FLAG,
    human: {
      kind: "bool",
      short: "H",
      default: true,
      help: "Print sizes and dates in human readable format",
    },
    "no-trunc": { kind: "bool", help: "Don't truncate output" },
    quiet: { kind: "bool", short: "q", help: "Only show image IDs" },
  },
  unsupported: ["platform"],
  args: { min: 1, max: 1 },
  completes: "image",
  async run(context, [image = ""], flags) {
    const { images } = await context.engine();
    await printListing(
      context,
      listing({ truncate: !flags["no-trunc"], human: flags.human }),
      await images.history(image),
      flags,
    );
    return 0;
  },
});

function listing({ truncate, human }: { truncate: boolean; human: boolean }): Listing<ImageHistory> {
  const iso = (date: Date) => date.toISOString().replace(/\.\d+/, "");
  const since = (date: Date) => `${humanDuration(Date.now() - date.getTime())} ago`;
  const withoutTabs = (text: string) => text.replaceAll("\t", " ");
  return {
    quiet: "ID",
    table: ["ID", human ? "CreatedSince" : "CreatedAt", "CreatedBy", "Size", "Comment"],
    fields: {
      ID: { header: "IMAGE", value: ({ id }) => (truncate ? shortId(id) : id) },
      CreatedSince: {
        header: "CREATED",
        value: ({ createdAt }) => (human ? since(createdAt) : iso(createdAt)),
      },
      CreatedAt: { header: "CREATED AT", value: ({ createdAt }) => iso(createdAt) },
      CreatedBy: {
        header: "CREATED BY",
        value: ({ createdBy }) =>
          truncate ? ellipsis(withoutTabs(createdBy), CREATED_BY_WIDTH) : withoutTabs(createdBy),
      },
      Size: { header: "SIZE", value: ({ size }) => (human ? humanSize(size) : String(size)) },
      Comment: { header: "COMMENT", value: ({ comment }) => comment },
    },
  };
}
