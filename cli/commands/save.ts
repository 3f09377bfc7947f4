import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { writeTo } from "../files.ts";
import { interruptible } from "../signals.ts";

export const save = defineCommand({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  flags: { output: { kind: "string", short: "o", help: "Write to a file, instead of STDOUT" } },
  unsupported: ["platform"],
  args: { min: 1 },
  completes: "image",
  async run(context, args, { output }) {
    if (output === undefined && context.stdout.isTTY === true) {
      throw new Failure(
        "TERMINAL_REFUSED",
        { what: "save the image to" },
        { hint: "use the -o flag or redirect" },
      );
    }
    const { images } = await context.engine();
    using interrupted = interruptible(context);
    await writeTo(context, output, images.save(args, interrupted));
    return 0;
  },
});
