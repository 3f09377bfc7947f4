import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { type Context, warn, write } from "../context.ts";
import { createProgress, type ProgressMode } from "../progress/progress.ts";
import { interruptible } from "../signals.ts";

const MODES = ["plain", "rawjson", "tty"] as const satisfies readonly ProgressMode[];

export const buildsLogs = defineCommand({
  usage: "[OPTIONS] [BUILD]",
  flags: {
    progress: {
      kind: "string",
      default: "plain",
      help: `Set type of progress output (${MODES.map((mode) => JSON.stringify(mode)).join(", ")})`,
    },
  },
  unsupported: ["builder"],
  args: { min: 0, max: 1 },
  completes: "build",
  async run(context, [build = ""], { progress: mode }) {
    const { buildHistory } = await context.engine();
    const { ref } = await buildHistory.get(build);
    using interrupted = interruptible(context);
    const progress = await createProgress(readMode(mode), context.stdout, { env: context.env });
    try {
      for await (const event of buildHistory.events(ref, interrupted)) {
        progress.report(event);
        // A reader that is slower than the store would have all of it in memory.
        if (event.type === "output") await write(context.stdout, "");
      }
    } finally {
      progress.close();
    }
    await tellOfTheRest(context, ref);
    return 0;
  },
});

async function tellOfTheRest(context: Context, ref: string): Promise<void> {
  const { buildHistory } = await context.engine();
  const { logTruncated } = await buildHistory.get(ref);
  if (logTruncated)
    await warn(context, "WARNING: the build wrote more than the history keeps: the rest is missing");
}

function readMode(text: string): ProgressMode {
  const mode = MODES.find((name) => name === text);
  if (mode !== undefined) return mode;
  throw new Failure("OPTION_INVALID", { option: "--progress", got: text, want: MODES.join(", ") });
}
