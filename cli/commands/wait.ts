import { defineEachCommand } from "../each-command.ts";

export const wait = defineEachCommand({
  usage: "CONTAINER [CONTAINER...]",
  flags: {},
  completes: "container",
  async act({ containers }, name) {
    const { exitCode } = await containers.wait(name);
    return String(exitCode);
  },
});
