import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { activeContext } from "../connection/choose.ts";
import { removeContext } from "../connection/context-store.ts";
import { currentContext, DEFAULT_CONTEXT, setCurrentContext } from "../connection/docker-folder.ts";
import { print } from "../context.ts";
import { forEachArgument } from "../errors.ts";

export const contextRm = defineCommand({
  usage: "[OPTIONS] CONTEXT [CONTEXT...]",
  flags: { force: { kind: "bool", short: "f", help: "Force the removal of a context in use" } },
  args: { min: 1 },
  async run(context, args, { force }) {
    const { env } = context;
    return forEachArgument(context, args, async (name) => {
      if (name === DEFAULT_CONTEXT)
        throw new Failure("OPTION_INVALID", {
          option: "the context",
          got: name,
          want: "one that can be removed",
        });
      if (!force && name === activeContext(env)) throw new Failure("CONTEXT_IN_USE", { name });
      await removeContext(env, name);
      if (name === currentContext(env)) await setCurrentContext(env, DEFAULT_CONTEXT);
      await print(context, name);
    });
  },
});
