import { defineCommand } from "../command.ts";
import { print } from "../context.ts";

const LETTERS = { added: "A", modified: "C", deleted: "D" } as const;

export const diff = defineCommand({
  usage: "CONTAINER",
  flags: {},
  args: { min: 1, max: 1 },
  completes: "container",
  async run(context, [container = ""]) {
    const { containers } = await context.engine();
    for (const { kind, path } of await containers.changes(container))
      await print(context, `${LETTERS[kind]} ${path}`);
    return 0;
  },
});
