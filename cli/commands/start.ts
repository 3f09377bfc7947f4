import { parseDetachKeys } from "../../core/detach-keys.ts";
import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { startAttached, startWarning } from "../container/start-attached.ts";
import { print } from "../context.ts";
import { forEachArgument } from "../errors.ts";

export const start = defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: {
    attach: { kind: "bool", short: "a", help: "Attach STDOUT/STDERR and forward signals" },
    "detach-keys": { kind: "string", help: "Override the key sequence for detaching a container" },
    interactive: { kind: "bool", short: "i", help: "Attach container's STDIN" },
  },
  unsupported: ["checkpoint", "checkpoint-dir"],
  args: { min: 1 },
  runsProcess: true,
  completes: "container",
  async run(context, args, flags) {
    const engine = await context.engine();
    if (!flags.attach && !flags.interactive) {
      return forEachArgument(context, args, async (name) => {
        await startWarning(context, engine.containers, name);
        await print(context, name);
      });
    }
    const [name = ""] = args;
    if (args.length > 1) {
      const why = "you cannot start and attach multiple containers at once";
      throw new Failure("ARGUMENTS_INVALID", { why });
    }
    const { config, hostConfig, id } = await engine.containers.get(name);
    return startAttached(context, engine, id, {
      streams: { stdin: flags.interactive && config.OpenStdin, stdout: true, stderr: true },
      tty: config.Tty,
      autoRemove: hostConfig.AutoRemove,
      proxySignals: true,
      detachKeys: parseDetachKeys(flags["detach-keys"]),
    });
  },
});
