import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { interruptible } from "../signals.ts";

export const systemCheck = defineCommand({
  usage: "[OPTIONS]",
  flags: { quick: { kind: "bool", help: "Compare names and sizes without reading the content of blobs" } },
  args: { min: 0, max: 0 },
  async run(context, _args, { quick }) {
    const { system } = await context.engine();
    using interrupted = interruptible(context);
    const { checked, problems } = await system.check({ quick, signal: interrupted.signal });
    for (const problem of problems) await print(context, problem);
    const counts = Object.entries(checked).map(([what, count]) => `${count} ${what}`);
    const outcome =
      problems.length === 0 ? "no problem" : `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
    await print(context, `Checked ${counts.join(", ")}: ${outcome}`);
    return problems.length === 0 ? 0 : 1;
  },
});
