import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { readFrom } from "../files.ts";
import { interruptible } from "../signals.ts";

export const load = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    input: { kind: "string", short: "i", help: "Read from tar archive file, instead of STDIN" },
    quiet: { kind: "bool", short: "q", help: "Suppress the load output" },
  },
  unsupported: ["platform"],
  args: { min: 0, max: 0 },
  completes: "file",
  async run(context, _args, { input, quiet }) {
    const source = readFrom(context, input);
    const { images } = await context.engine();
    using interrupted = interruptible(context);
    const loaded = await images.load(source, interrupted);
    for (const { reference, id } of loaded) {
      const line = reference === undefined ? `Loaded image ID: ${id}` : `Loaded image: ${reference}`;
      if (!quiet) await print(context, line);
    }
    return 0;
  },
});
