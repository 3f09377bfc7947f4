import { parsePlatform } from "../../core/platform.ts";
import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { readFrom } from "../files.ts";
import { interruptible } from "../signals.ts";

export const importImage = defineCommand({
  usage: "[OPTIONS] file|- [REPOSITORY[:TAG]]",
  flags: {
    change: { kind: "list", short: "c", help: "Apply Dockerfile instruction to the created image" },
    message: { kind: "string", short: "m", help: "Set commit message for imported image" },
    platform: { kind: "string", help: "Platform of the image, as os[/arch[/variant]]" },
  },
  args: { min: 1, max: 2 },
  completes: "file",
  async run(context, [file, reference], flags) {
    const source = readFrom(context, file);
    const { images } = await context.engine();
    using interrupted = interruptible(context);
    const id = await images.import(source, {
      ...(reference === undefined ? {} : { reference }),
      ...(flags.message === undefined ? {} : { message: flags.message }),
      ...(flags.platform === undefined ? {} : { platform: parsePlatform(flags.platform) }),
      changes: flags.change,
      signal: interrupted.signal,
    });
    await print(context, id);
    return 0;
  },
});
