import { readSecrets } from "../build-options/secrets.ts";
import { debugBuild, isInteractive } from "../builds/debug-session.ts";
import { defineCommand } from "../command.ts";
import { requireTerminal } from "../container/session.ts";

export const buildsDebug = defineCommand({
  usage: "[OPTIONS] BUILD [COMMAND] [ARG...]",
  flags: {
    secret: {
      kind: "list",
      help: 'Secret of the build, which is not kept ("id=mysecret[,src=/local/secret|env=VAR]")',
    },
    tty: { kind: "bool", short: "t", help: "Allocate a pseudo-TTY (Default is whether there is a terminal)" },
  },
  args: { min: 1 },
  passThrough: true,
  runsProcess: true,
  completes: "build",
  async run(context, [build = "", ...command], flags) {
    requireTerminal(context, flags.tty, true);
    const secrets = await readSecrets(flags.secret, context);
    const tty = flags.tty || isInteractive(context);
    return debugBuild(context, build, { command, tty, ...(secrets === undefined ? {} : { secrets }) });
  },
});
