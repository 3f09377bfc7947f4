import { defineCommand } from "../command.ts";

export const rename = defineCommand({
  usage: "CONTAINER NEW_NAME",
  flags: {},
  args: { min: 2, max: 2 },
  completes: "container",
  async run(context, [container = "", name = ""]) {
    const { containers } = await context.engine();
    await containers.rename(container, name);
    return 0;
  },
});
