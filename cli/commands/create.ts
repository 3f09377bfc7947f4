import { defineCommand } from "../command.ts";
import { readCreate } from "../container/config.ts";
import { createContainer } from "../container/create.ts";
import { CONTAINER_FLAGS, UNSUPPORTED_CONTAINER_FLAGS } from "../container/flags.ts";
import { attachedStreams } from "../container/streams.ts";
import { print } from "../context.ts";

export const create = defineCommand({
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  flags: CONTAINER_FLAGS,
  unsupported: UNSUPPORTED_CONTAINER_FLAGS,
  args: { min: 1 },
  passThrough: true,
  completes: "image",
  async run(context, args, flags) {
    const request = readCreate(context, args, flags, attachedStreams(flags));
    const { id } = await createContainer(context, request, flags);
    await print(context, id);
    return 0;
  },
});
