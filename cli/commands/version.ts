import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { DOCUMENT_FORMAT_FLAG, printDocument } from "../document.ts";

export const version = defineCommand({
  usage: "[OPTIONS]",
  flags: { format: DOCUMENT_FORMAT_FLAG, short: { kind: "bool", hidden: true, help: "Print one line" } },
  args: { min: 0, max: 0 },
  async run(context, _args, { format, short }) {
    const { VERSION } = await import("../../core/version.ts");
    if (short) {
      await print(context, `Slipway version ${VERSION}`);
      return 0;
    }
    const { system } = await context.engine();
    await printDocument(context, await system.version(), format, (value) =>
      Object.entries(value)
        .filter(([, field]) => typeof field !== "object")
        .map(([name, field]) => `${`${name}:`.padEnd(16)}${String(field)}`)
        .join("\n"),
    );
    return 0;
  },
});
