import { parsePlatform } from "../../core/platform.ts";
import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { tellDefaultTag } from "../default-tag.ts";
import { transferProgress } from "../progress/transfer.ts";
import { interruptible } from "../signals.ts";

export const pull = defineCommand({
  usage: "[OPTIONS] NAME[:TAG|@DIGEST]",
  flags: {
    "all-tags": { kind: "bool", short: "a", help: "Download all tagged images in the repository" },
    "disable-content-trust": { kind: "bool", default: true, hidden: true, help: "Skip image verification" },
    platform: { kind: "string", help: "Set platform if server is multi-platform capable" },
    quiet: { kind: "bool", short: "q", help: "Suppress verbose output" },
  },
  args: { min: 1, max: 1 },
  completes: "image",
  async run(context, [name = ""], { "all-tags": allTags, platform, quiet }) {
    const wanted = platform === undefined ? {} : { platform: parsePlatform(platform) };
    if (!allTags && !quiet) await tellDefaultTag(context, name);
    const { images } = await context.engine();
    using interrupted = interruptible(context);
    const progress = transferProgress(context.stdout, quiet);
    try {
      const options = { allTags, ...wanted, signal: interrupted.signal };
      const pulled = await images.pull(name, (event) => progress.report(event), options);
      progress.close();
      const [first] = pulled;
      if (first !== undefined)
        await print(context, allTags ? first.reference.replace(/:[^:/]*$/, "") : first.reference);
    } finally {
      progress.close();
    }
    return 0;
  },
});
