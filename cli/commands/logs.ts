import { logDetails } from "../../core/log-details.ts";
import { defineCommand } from "../command.ts";
import { write } from "../context.ts";
import { MOMENT, momentFlag } from "../moment-flag.ts";
import { interruptible } from "../signals.ts";

export const logs = defineCommand({
  usage: "[OPTIONS] CONTAINER",
  flags: {
    details: { kind: "bool", help: "Show extra details provided to logs" },
    follow: { kind: "bool", short: "f", help: "Follow log output" },
    since: { kind: "string", help: `Show logs since ${MOMENT}` },
    tail: {
      kind: "string",
      short: "n",
      default: "all",
      help: "Number of lines to show from the end of the logs",
    },
    timestamps: { kind: "bool", short: "t", help: "Show timestamps" },
    until: { kind: "string", help: `Show logs before ${MOMENT}` },
  },
  args: { min: 1, max: 1 },
  completes: "container",
  async run(context, [name = ""], flags) {
    const query = {
      stdout: true,
      stderr: true,
      follow: flags.follow,
      ...momentFlag("since", flags.since),
      ...momentFlag("until", flags.until),
      ...readTail(flags.tail),
    };
    const { containers } = await context.engine();
    const { config } = await containers.get(name);
    using interrupted = interruptible(context);
    try {
      for await (const { stream, time, line, details } of containers.logs(name, query, interrupted)) {
        // A terminal's output is one stream; docker sends all of it to standard output.
        const target = config.Tty ? context.stdout : context[stream];
        const before = [...(flags.timestamps ? [time] : []), ...(flags.details ? [logDetails(details)] : [])];
        const head = before.map((text) => `${text} `).join("");
        await write(target, head === "" ? line : Buffer.concat([Buffer.from(head), line]));
      }
    } catch (error) {
      if (!interrupted.signal.aborted) throw error;
      return 130;
    }
    return 0;
  },
});

/** Anything that is no number shows all, as docker has it. */
function readTail(text: string): { tail?: number } {
  return /^\d+$/.test(text) ? { tail: Number(text) } : {};
}
