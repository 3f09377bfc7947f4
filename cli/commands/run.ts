import { parseDetachKeys } from "../../core/detach-keys.ts";
import { defineCommand } from "../command.ts";
import { readCreate } from "../container/config.ts";
import { createContainer } from "../container/create.ts";
import { CONTAINER_FLAGS, UNSUPPORTED_CONTAINER_FLAGS } from "../container/flags.ts";
import { requireTerminal } from "../container/session.ts";
import { startAttached, startWarning } from "../container/start-attached.ts";
import { attachedStreams } from "../container/streams.ts";
import { print } from "../context.ts";

export const run = defineCommand({
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  flags: {
    ...CONTAINER_FLAGS,
    detach: { kind: "bool", short: "d", help: "Run container in background and print container ID" },
    "detach-keys": { kind: "string", help: "Override the key sequence for detaching a container" },
    "sig-proxy": { kind: "bool", default: true, help: "Proxy received signals to the process" },
  },
  unsupported: UNSUPPORTED_CONTAINER_FLAGS,
  args: { min: 1 },
  passThrough: true,
  failureCode: 125,
  runsProcess: true,
  completes: "image",
  async run(context, args, flags) {
    const streams = attachedStreams(flags);
    if (!flags.detach) requireTerminal(context, flags.tty, streams.stdin);
    const detachKeys = parseDetachKeys(flags["detach-keys"]);
    const request = readCreate(context, args, flags, streams);
    const { engine, id } = await createContainer(context, request, flags);
    if (flags.detach) {
      await startWarning(context, engine.containers, id);
      await print(context, id);
      return 0;
    }
    return startAttached(context, engine, id, {
      streams,
      tty: flags.tty,
      autoRemove: flags.rm,
      proxySignals: flags["sig-proxy"],
      detachKeys,
    });
  },
});
