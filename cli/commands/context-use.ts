import { defineCommand } from "../command.ts";
import { activeContext } from "../connection/choose.ts";
import { readContext } from "../connection/context-store.ts";
import { DEFAULT_CONTEXT, setCurrentContext } from "../connection/docker-folder.ts";
import { print, warn } from "../context.ts";

export const contextUse = defineCommand({
  usage: "CONTEXT",
  flags: {},
  args: { min: 1, max: 1 },
  async run(context, [name = ""]) {
    const { env, program } = context;
    if (name !== DEFAULT_CONTEXT) readContext(env, name);
    await setCurrentContext(env, name);
    await print(context, name);
    await warn(context, `Current context is now ${JSON.stringify(name)}`);
    const stronger = ["DOCKER_HOST", "DOCKER_CONTEXT", "SLIPWAY_ROOT"].find((variable) => env[variable]);
    if (stronger !== undefined)
      await warn(
        context,
        `Warning: ${stronger} environment variable overrides the active context. To use ${JSON.stringify(name)}, either set the global --context flag of ${program}, or unset ${stronger} environment variable.`,
      );
    return 0;
  },
});

export const contextShow = defineCommand({
  usage: "",
  flags: {},
  args: { min: 0, max: 0 },
  async run(context) {
    const { env } = context;
    await print(context, env["DOCKER_HOST"] ? DEFAULT_CONTEXT : activeContext(env));
    return 0;
  },
});
