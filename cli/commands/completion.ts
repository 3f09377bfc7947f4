import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { bashCompletion, fishCompletion, zshCompletion } from "../completion.ts";
import { write } from "../context.ts";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export const completion = defineCommand({
  usage: "bash|zsh|fish",
  flags: {},
  args: { min: 1, max: 1 },
  async run(context, [shell = ""]) {
    const script = Object.entries(SHELLS).find(([name]) => name === shell)?.[1];
    if (script === undefined)
      throw new Failure("OPTION_INVALID", {
        option: "shell",
        got: shell,
        want: Object.keys(SHELLS).join(", "),
      });
    const commands = await Promise.all(
      context.commands.map(async ({ names, summary, load }) => {
        const { flags, completes } = await load();
        return { names, summary, flags, completes };
      }),
    );
    await write(context.stdout, script(context.program, commands));
    return 0;
  },
});
