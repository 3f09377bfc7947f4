import { COMPRESSIONS, type Compression } from "../../core/compression.ts";
import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { tellDefaultTag } from "../default-tag.ts";
import { transferProgress } from "../progress/transfer.ts";
import { interruptible } from "../signals.ts";

export const push = defineCommand({
  usage: "[OPTIONS] NAME[:TAG]",
  flags: {
    "all-tags": { kind: "bool", short: "a", help: "Push all tags of an image to the repository" },
    compression: { kind: "string", help: "Send every layer compressed this way (gzip or zstd)" },
    "disable-content-trust": { kind: "bool", default: true, hidden: true, help: "Skip image signing" },
    quiet: { kind: "bool", short: "q", help: "Suppress verbose output" },
  },
  unsupported: ["platform"],
  args: { min: 1, max: 1 },
  completes: "image",
  async run(context, [name = ""], { "all-tags": allTags, compression, quiet }) {
    const chosen = compression === undefined ? {} : { compression: parseCompression(compression) };
    if (!allTags && !quiet) await tellDefaultTag(context, name);
    const { images } = await context.engine();
    using interrupted = interruptible(context);
    const progress = transferProgress(context.stdout, quiet);
    try {
      const options = { allTags, ...chosen, signal: interrupted.signal };
      const pushed = await images.push(name, (event) => progress.report(event), options);
      progress.close();
      if (quiet) for (const { reference } of pushed) await print(context, reference);
    } finally {
      progress.close();
    }
    return 0;
  },
});

function parseCompression(text: string): Compression {
  const found = COMPRESSIONS.find((compression) => compression === text);
  if (found !== undefined) return found;
  throw new Failure("OPTION_INVALID", {
    option: "--compression",
    got: text,
    want: COMPRESSIONS.join(" or "),
  });
}
