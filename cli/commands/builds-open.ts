import { resolve } from "node:path";
import { buildPage } from "../builds/page.ts";
import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { writeTo } from "../files.ts";

export const buildsOpen = defineCommand({
  usage: "[OPTIONS] [BUILD]",
  flags: {
    output: {
      kind: "string",
      short: "o",
      help: 'Write to this file, or to standard output with "-" (Default is "slipway-build-ID.html")',
    },
  },
  unsupported: ["builder"],
  args: { min: 0, max: 1 },
  completes: "build",
  async run(context, [build = ""], { output }) {
    const { buildHistory } = await context.engine();
    const details = await buildHistory.inspect(build);
    const page = buildPage(details, () => buildHistory.events(details.ref));
    if (output === "-") {
      await writeTo(context, undefined, page);
      return 0;
    }
    const path = resolve(context.cwd, output ?? `slipway-build-${details.ref}.html`);
    await writeTo(context, path, page);
    await print(context, path);
    return 0;
  },
});
