import { defineEachCommand } from "../each-command.ts";
import { removalText } from "../image-listing.ts";

export const rmi = defineEachCommand({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  flags: {
    force: { kind: "bool", short: "f", help: "Force removal of the image" },
    "no-prune": { kind: "bool", help: "Do not delete untagged parents" },
  },
  unsupported: ["platform"],
  completes: "image",
  async act({ images }, image, flags) {
    const removals = await images.remove(image, { force: flags.force, prune: !flags["no-prune"] });
    return removals.map(removalText);
  },
});
