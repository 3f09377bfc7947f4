import { parseDetachKeys } from "../../core/detach-keys.ts";
import { defineCommand } from "../command.ts";
import { readEnv } from "../container/key-values.ts";
import { requireTerminal, runSession } from "../container/session.ts";

export const exec = defineCommand({
  usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
  flags: {
    detach: { kind: "bool", short: "d", help: "Detached mode: run command in the background" },
    "detach-keys": { kind: "string", help: "Override the key sequence for detaching a container" },
    env: { kind: "list", short: "e", help: "Set environment variables" },
    "env-file": { kind: "list", help: "Read in a file of environment variables" },
    interactive: { kind: "bool", short: "i", help: "Keep STDIN open even if not attached" },
    privileged: { kind: "bool", help: "Give extended privileges to the command" },
    tty: { kind: "bool", short: "t", help: "Allocate a pseudo-TTY" },
    user: { kind: "string", short: "u", help: 'Username or UID (format: "<name|uid>[:<group|gid>]")' },
    workdir: { kind: "string", short: "w", help: "Working directory inside the container" },
  },
  args: { min: 2 },
  passThrough: true,
  runsProcess: true,
  completes: "container",
  async run(context, [name = "", ...command], flags) {
    const stdin = flags.interactive && !flags.detach;
    requireTerminal(context, flags.tty, stdin);
    const { columns, rows } = context.stdout;
    const { containers } = await context.engine();
    const request = {
      Cmd: command,
      Env: readEnv(flags["env-file"], flags.env, context.env),
      Tty: flags.tty,
      Privileged: flags.privileged,
      AttachStdin: stdin,
      Detach: flags.detach,
      ...(flags.user === undefined ? {} : { User: flags.user }),
      ...(flags.workdir === undefined ? {} : { WorkingDir: flags.workdir }),
      ...(flags.tty && columns !== undefined && rows !== undefined ? { consoleSize: { columns, rows } } : {}),
    };
    await using session = await containers.exec(name, request);
    if (flags.detach) return 0;
    const outcome = await runSession(context, session, {
      streams: { stdin, stdout: true, stderr: true },
      tty: flags.tty,
      detachKeys: parseDetachKeys(flags["detach-keys"]),
    });
    return outcome === "detached" ? 0 : await session.wait();
  },
});
