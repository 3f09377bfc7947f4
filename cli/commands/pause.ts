import { defineEachCommand } from "../each-command.ts";

const command = (verb: "pause" | "unpause") =>
  defineEachCommand({
    usage: "CONTAINER [CONTAINER...]",
    flags: {},
    completes: "container",
    async act({ containers }, name) {
      await containers[verb](name);
      return name;
    },
  });

export const pause = command("pause");
export const unpause = command("unpause");
