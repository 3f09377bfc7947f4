import { Failure } from "../../core/errors.ts";
import type { SearchResult } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { FORMAT_FLAG, type Listing, printListing } from "../listing.ts";
import { clip, harmless } from "../progress/width.ts";
import { interruptible } from "../signals.ts";

const LIMIT = { default: 25, most: 100 };
const DESCRIPTION_WIDTH = 45;

export const search = defineCommand({
  usage: "[OPTIONS] TERM",
  flags: {
    format: FORMAT_FLAG,
    limit: { kind: "int", default: LIMIT.default, help: "Max number of search results" },
    "no-trunc": { kind: "bool", help: "Don't truncate output" },
  },
  unsupported: ["filter", "f"],
  args: { min: 1, max: 1 },
  async run(context, [term = ""], { format, limit, "no-trunc": whole }) {
    if (limit < 1 || limit > LIMIT.most)
      throw new Failure("OPTION_INVALID", {
        option: "--limit",
        got: String(limit),
        want: `a number from 1 to ${LIMIT.most}`,
      });
    const { distribution } = await context.engine();
    using interrupted = interruptible(context);
    const found = await distribution.search(term, { limit, signal: interrupted.signal });
    await printListing(context, listing(whole), found, { format, quiet: false });
    return 0;
  },
});

const listing = (whole: boolean): Listing<SearchResult> => ({
  quiet: "Name",
  table: ["Name", "Description", "StarCount", "IsOfficial"],
  fields: {
    Name: { header: "NAME", value: ({ name }) => harmless(name) },
    Description: {
      header: "DESCRIPTION",
      value: ({ description }) => {
        const text = harmless(description.replace(/[\r\n]+/g, " "));
        const short = clip(text, DESCRIPTION_WIDTH - 1);
        return whole || short === text ? text : `${short}…`;
      },
    },
    StarCount: { header: "STARS", value: ({ stars }) => String(stars) },
    IsOfficial: { header: "OFFICIAL", value: ({ official }) => (official ? "[OK]" : "") },
  },
});
