import { defineEachCommand } from "../each-command.ts";

export const kill = defineEachCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: {
    signal: { kind: "string", short: "s", default: "SIGKILL", help: "Signal to send to the container" },
  },
  completes: "container",
  async act({ containers }, name, { signal }) {
    await containers.kill(name, signal);
    return name;
  },
});
