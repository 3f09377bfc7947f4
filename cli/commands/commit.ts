import { defineCommand } from "../command.ts";
import { print } from "../context.ts";

export const commit = defineCommand({
  usage: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
  flags: {
    author: {
      kind: "string",
      short: "a",
      help: 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")',
    },
    change: { kind: "list", short: "c", help: "Apply Dockerfile instruction to the created image" },
    message: { kind: "string", short: "m", help: "Commit message" },
    "no-pause": { kind: "bool", help: "Disable pausing container during commit" },
    pause: { kind: "bool", short: "p", default: true, help: "Pause container during commit" },
  },
  args: { min: 1, max: 2 },
  completes: "container",
  async run(context, [container = "", reference], flags) {
    const { containers } = await context.engine();
    const id = await containers.commit(container, {
      ...(reference === undefined ? {} : { reference }),
      ...(flags.author === undefined ? {} : { author: flags.author }),
      ...(flags.message === undefined ? {} : { message: flags.message }),
      changes: flags.change,
      pause: flags.pause && !flags["no-pause"],
    });
    await print(context, id);
    return 0;
  },
});
