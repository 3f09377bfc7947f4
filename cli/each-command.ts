import type { Engine } from "../engine/api.ts";
import { type Command, defineCommand } from "./command.ts";
import { print } from "./context.ts";
import { forEachArgument } from "./errors.ts";
import type { Flags, FlagValues } from "./flags.ts";

interface Each<F extends Flags> extends Omit<Command<F>, "args" | "run"> {
  /** Resolves with the lines to print. */
  readonly act: (engine: Engine, name: string, flags: FlagValues<F>) => Promise<string | readonly string[]>;
}

/** A command that does the same with each of its arguments, also when it failed with one, as docker does. */
export const defineEachCommand = <const F extends Flags>({ act, ...command }: Each<F>): Command<F> =>
  defineCommand({
    ...command,
    args: { min: 1 },
    async run(context, args, flags) {
      const engine = await context.engine();
      return forEachArgument(context, args, async (name) => {
        for (const line of [await act(engine, name, flags)].flat()) await print(context, line);
      });
    },
  });
