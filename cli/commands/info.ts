import { defineCommand } from "../command.ts";
import { DOCUMENT_FORMAT_FLAG, printDocument } from "../document.ts";

export const info = defineCommand({
  usage: "[OPTIONS]",
  flags: { format: DOCUMENT_FORMAT_FLAG },
  args: { min: 0, max: 0 },
  async run(context, _args, { format }) {
    const { system } = await context.engine();
    await printDocument(context, await system.info(), format, (value) => lines(value, "").join("\n"));
    return 0;
  },
});

/** " Server Version: 0.1.0" and so on, nested values indented below their name. */
function lines(value: Readonly<Record<string, unknown>>, indent: string): string[] {
  return Object.entries(value).flatMap(([name, field]) => {
    const label = name.replace(/(?<=[a-z])(?=[A-Z])/g, " ");
    if (Array.isArray(field)) return [`${indent}${label}: ${field.map(String).join(" ")}`];
    if (typeof field === "object" && field !== null)
      return [`${indent}${label}:`, ...lines(field as Readonly<Record<string, unknown>>, `${indent} `)];
    return [`${indent}${label}: ${String(field)}`];
  });
}
