import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { formatTable } from "../format/table.ts";

export const doctor = defineCommand({
  usage: "",
  flags: {},
  args: { min: 0, max: 0 },
  async run(context) {
    const { system } = await context.engine();
    const findings = await system.doctor();
    const rows = findings.map(({ name, status, detail }) => [name, status, detail]);
    await print(context, formatTable({ columns: ["CHECK", "STATUS", "DETAIL"], rows }).trimEnd());
    return findings.some(({ status }) => status === "missing") ? 1 : 0;
  },
});
