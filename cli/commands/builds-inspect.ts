import { describeBuild } from "../builds/details.ts";
import { buildDocument } from "../builds/document.ts";
import { defineCommand } from "../command.ts";
import { DOCUMENT_FORMAT_FLAG, printDocument } from "../document.ts";

export const buildsInspect = defineCommand({
  usage: "[OPTIONS] [BUILD]",
  flags: { format: DOCUMENT_FORMAT_FLAG },
  unsupported: ["builder"],
  args: { min: 0, max: 1 },
  completes: "build",
  async run(context, [build = ""], { format }) {
    const { buildHistory } = await context.engine();
    const details = await buildHistory.inspect(build);
    await printDocument(context, buildDocument(details), format === "pretty" ? undefined : format, () =>
      describeBuild(details),
    );
    return 0;
  },
});
