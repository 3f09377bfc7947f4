import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { forEachArgument } from "../errors.ts";
import { removalText } from "../image-listing.ts";

export const rmi = defineCommand({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  flags: {
    force: { kind: "bool", short: "f", help: "Force removal of the image" },
    "no-prune": { kind: "bool", help: "Do not delete untagged parents" },
  },
  unsupported: ["platform"],
  args: { min: 1 },
  completes: "image",
  async run(context, args, flags) {
    const { images } = await context.engine();
    return forEachArgument(context, args, async (image) => {
      const removals = await images.remove(image, { force: flags.force, prune: !flags["no-prune"] });
      for (const removal of removals) await print(context, removalText(removal));
    });
  },
});
