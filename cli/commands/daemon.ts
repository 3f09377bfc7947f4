import { defineCommand } from "../command.ts";
import { interruptible } from "../signals.ts";

const SHUTDOWN_S = 15;

export const daemon = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    host: { kind: "list", short: "H", help: "Socket to serve the Docker Engine API on" },
    group: { kind: "string", short: "G", help: "Group for the unix socket" },
    debug: { kind: "bool", short: "D", help: "Log every request" },
    "shutdown-timeout": {
      kind: "int",
      default: SHUTDOWN_S,
      help: "Seconds that requests under way have when the daemon stops",
    },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const { serveDaemon } = await import("../../daemon/daemon.ts");
    const engine = await context.engine({ host: undefined });
    using stopped = interruptible(context);
    await serveDaemon(
      engine,
      {
        hosts: flags.host,
        group: { name: flags.group ?? "docker", required: flags.group !== undefined },
        shutdownMs: flags["shutdown-timeout"] * 1000,
        debug: flags.debug,
        report: (line) => context.stderr.write(`${line}\n`),
      },
      stopped.signal,
    );
    return 0;
  },
});
