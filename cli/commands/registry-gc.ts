import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import { isMissing } from "../../core/if-there.ts";
import type { RetentionRules } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { type Context, print } from "../context.ts";
import { humanSize } from "../format/units.ts";
import { interruptible } from "../signals.ts";

export const registryGc = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    "dry-run": { kind: "bool", help: "Say what would be removed, and why" },
    "delete-untagged": { kind: "bool", help: "Also remove manifests that no tag, index or subject keeps" },
    grace: { kind: "duration", default: 3_600_000, help: "How old garbage must be" },
    retention: {
      kind: "string",
      type: "file",
      help: "Rules of retention, instead of those of the state root",
    },
    unused: { kind: "duration", help: "Also remove copies from upstreams that nobody has used for so long" },
    data: { kind: "string", help: "Directory of its own that the registry is kept in" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const { registry } = await context.engine();
    using interrupted = interruptible(context);
    const dryRun = flags["dry-run"];
    const { pruned, uploads, blobs, bytes } = await registry.collect({
      dryRun,
      untagged: flags["delete-untagged"],
      graceMs: flags.grace,
      ...(flags.unused === undefined ? {} : { unusedMs: flags.unused }),
      signal: interrupted.signal,
      ...(flags.retention === undefined ? {} : { retention: await readRules(context, flags.retention) }),
      ...(flags.data === undefined ? {} : { directory: flags.data }),
    });
    const verb = dryRun ? "would remove" : "removed";
    for (const { repository, kind, digest, size, tag, why } of pruned)
      await print(
        context,
        tag === undefined
          ? `${verb} ${kind} ${digest} (${humanSize(size)}) from ${repository}: ${why}`
          : `${verb} tag ${repository}:${tag} of ${digest}: ${why}`,
      );
    for (const upload of uploads) await print(context, `${verb} upload ${upload}: nobody goes on with it`);
    if (!dryRun) await print(context, `Freed ${humanSize(bytes)} of ${blobs} blobs`);
    return 0;
  },
});

/** The file is one of this machine, wherever the registry is. Rejects with ACCESS_FILE_INVALID when there is none. */
async function readRules({ cwd }: Context, name: string): Promise<RetentionRules> {
  const file = resolve(cwd, name);
  try {
    return { file, text: await readFile(file, "utf8") };
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new Failure("ACCESS_FILE_INVALID", { file, why: "no such file" });
  }
}
