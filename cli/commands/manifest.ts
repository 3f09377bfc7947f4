import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { interruptible } from "../signals.ts";

export const manifestInspect = defineCommand({
  usage: "[OPTIONS] MANIFEST",
  flags: {},
  unsupported: ["insecure", "verbose", "v"],
  args: { min: 1, max: 1 },
  completes: "image",
  async run(context, [name = ""]) {
    const { distribution } = await context.engine();
    using interrupted = interruptible(context);
    const { raw } = await distribution.manifest(name, interrupted);
    await print(context, JSON.stringify(JSON.parse(Buffer.from(raw).toString()), null, "\t"));
    return 0;
  },
});

export const manifestCreate = defineCommand({
  usage: "[OPTIONS] MANIFEST_LIST MANIFEST [MANIFEST...]",
  flags: { amend: { kind: "bool", short: "a", help: "Amend an existing manifest list" } },
  unsupported: ["insecure"],
  args: { min: 2 },
  completes: "image",
  async run(context, [list = "", ...members], { amend }) {
    const { distribution } = await context.engine();
    using interrupted = interruptible(context);
    const { signal } = interrupted;
    const name = await distribution.createList(list, members, { amend, signal });
    await print(context, `Created manifest list ${name}`);
    return 0;
  },
});

export const manifestPush = defineCommand({
  usage: "[OPTIONS] MANIFEST_LIST",
  flags: { purge: { kind: "bool", short: "p", help: "Remove the local manifest list after push" } },
  unsupported: ["insecure"],
  args: { min: 1, max: 1 },
  completes: "image",
  async run(context, [list = ""], { purge }) {
    const { distribution } = await context.engine();
    using interrupted = interruptible(context);
    await print(context, await distribution.pushList(list, { purge, signal: interrupted.signal }));
    return 0;
  },
});
