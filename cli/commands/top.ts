import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { formatTable } from "../format/table.ts";

export const top = defineCommand({
  usage: "CONTAINER [ps OPTIONS]",
  flags: {},
  args: { min: 1 },
  passThrough: true,
  completes: "container",
  async run(context, [container = "", ...psArgs]) {
    const { containers } = await context.engine();
    const { titles, processes } = await containers.top(container, psArgs);
    await print(context, formatTable({ columns: titles, rows: processes }).trimEnd());
    return 0;
  },
});
