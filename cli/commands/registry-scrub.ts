import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { humanSize } from "../format/units.ts";
import { interruptible } from "../signals.ts";

export const registryScrub = defineCommand({
  usage: "[OPTIONS]",
  flags: { data: { kind: "string", help: "Directory of its own that the registry is kept in" } },
  args: { min: 0, max: 0 },
  async run(context, _args, { data }) {
    const { registry } = await context.engine();
    using interrupted = interruptible(context);
    const { manifests, blobs, bytes, problems } = await registry.scrub({
      signal: interrupted.signal,
      ...(data === undefined ? {} : { directory: data }),
    });
    for (const problem of problems) await print(context, problem);
    const found =
      problems.length === 0 ? "no problem" : `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
    await print(
      context,
      `Verified ${manifests} manifests and ${blobs} blobs (${humanSize(bytes)}): ${found}`,
    );
    return problems.length === 0 ? 0 : 1;
  },
});
