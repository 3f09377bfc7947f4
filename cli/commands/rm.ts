import { defineEachCommand } from "../each-command.ts";

export const rm = defineEachCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: {
    force: { kind: "bool", short: "f", help: "Force the removal of a running container (uses SIGKILL)" },
    volumes: { kind: "bool", short: "v", help: "Remove anonymous volumes associated with the container" },
  },
  unsupported: ["link", "l"],
  completes: "container",
  async act({ containers }, name, { force, volumes }) {
    await containers.remove(name, { force, volumes });
    return name;
  },
});
