import { parseDetachKeys } from "../../core/detach-keys.ts";
import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { requireTerminal, runSession } from "../container/session.ts";
import { proxySignals } from "../container/signal-proxy.ts";

export const attach = defineCommand({
  usage: "[OPTIONS] CONTAINER",
  flags: {
    "detach-keys": { kind: "string", help: "Override the key sequence for detaching a container" },
    "no-stdin": { kind: "bool", help: "Do not attach STDIN" },
    "sig-proxy": { kind: "bool", default: true, help: "Proxy all received signals to the process" },
  },
  args: { min: 1, max: 1 },
  completes: "container",
  async run(context, [name = ""], flags) {
    const { containers } = await context.engine();
    const { id, config, state } = await containers.get(name);
    if (state.status !== "running") throw new Failure("ATTACH_STOPPED", { status: state.status });
    const stdin = !flags["no-stdin"] && config.OpenStdin;
    requireTerminal(context, config.Tty, stdin);
    const ended = containers.wait(id);
    ended.catch(() => undefined);
    await using attachment = await containers.attach(id, { stdin });
    using _proxy = flags["sig-proxy"]
      ? proxySignals(context, (signal) => containers.kill(id, signal))
      : undefined;
    const outcome = await runSession(context, attachment, {
      streams: { stdin, stdout: true, stderr: true },
      tty: config.Tty,
      detachKeys: parseDetachKeys(flags["detach-keys"]),
    });
    return outcome === "detached" ? 0 : (await ended).exitCode;
  },
});
