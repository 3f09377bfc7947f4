import { defineCommand } from "../command.ts";

export const tag = defineCommand({
  usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
  flags: {},
  args: { min: 2, max: 2 },
  completes: "image",
  async run(context, [source = "", target = ""]) {
    const { images } = await context.engine();
    await images.tag(source, target);
    return 0;
  },
});
