import { pipeline } from "node:stream/promises";
import { defineCommand } from "../command.ts";
import { write } from "../context.ts";

/** What runs on the other side of ssh://, for docker's client too. */
export const systemDialStdio = defineCommand({
  usage: "",
  flags: {},
  args: { min: 0, max: 0 },
  async run(context) {
    // Only what needs it loads a connection without an engine.
    const { dial } = await import("../connect.ts");
    const socket = await dial(context.connection);
    // A client that has no more input may still want the output.
    const towards = pipeline(context.stdin(), socket, { end: true });
    towards.catch(() => socket.destroy());
    for await (const chunk of socket.iterator({ destroyOnReturn: false }))
      await write(context.stdout, chunk as Buffer);
    return 0;
  },
});
