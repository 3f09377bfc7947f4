import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { writeTo } from "../files.ts";
import { interruptible } from "../signals.ts";

export const exportContainer = defineCommand({
  usage: "[OPTIONS] CONTAINER",
  flags: { output: { kind: "string", short: "o", help: "Write to a file, instead of STDOUT" } },
  args: { min: 1, max: 1 },
  completes: "container",
  async run(context, [container = ""], { output }) {
    if (output === undefined && context.stdout.isTTY === true) {
      throw new Failure(
        "TERMINAL_REFUSED",
        { what: "export the container to" },
        { hint: "use the -o flag or redirect" },
      );
    }
    const { containers } = await context.engine();
    using interrupted = interruptible(context);
    await writeTo(context, output, containers.export(container, interrupted));
    return 0;
  },
});
