import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import { type Baking, buildTargets, prepareTarget } from "../bake/build-targets.ts";
import { type Chosen, choose } from "../bake/definition.ts";
import { listTargets, listVariables } from "../bake/listed.ts";
import { readOverrides, withFlags } from "../bake/overrides.ts";
import { printed } from "../bake/printed.ts";
import { readBakeFiles } from "../bake/read-files.ts";
import { ask } from "../build-options/ask.ts";
import { CALLS, type Question, questionOf } from "../build-options/calls.ts";
import { ENTITLEMENTS } from "../build-options/flags.ts";
import { refuseUnsettled, SETTLED_FLAGS } from "../build-options/settled-flags.ts";
import { defineCommand } from "../command.ts";
import { type Context, print } from "../context.ts";
import type { Flags, FlagValues } from "../flags.ts";
import { createProgress, PROGRESS_MODES, readProgressMode } from "../progress/progress.ts";
import { interruptible } from "../signals.ts";

const quoted = (words: readonly string[]): string => words.map((word) => JSON.stringify(word)).join(", ");

const BAKE_FLAGS = {
  allow: { kind: "list", help: `Allow builds to have extra privileges (${quoted(ENTITLEMENTS)})` },
  builder: SETTLED_FLAGS.builder,
  call: { kind: "string", default: "build", help: `Set what is done for each target (${quoted(CALLS)})` },
  check: { kind: "bool", help: 'Shorthand for "--call=check"' },
  file: { kind: "list", short: "f", help: "Bake or Compose file, several add to each other" },
  list: { kind: "string", help: 'List what the files have ("targets", "variables")' },
  load: { kind: "bool", help: 'Shorthand for "--set=*.output=type=docker"' },
  "metadata-file": { kind: "string", help: "Write the results' metadata to a file" },
  "no-cache": { kind: "bool", help: "Do not use cache when building the images" },
  print: { kind: "bool", help: "Print what would be built, and build nothing" },
  progress: {
    kind: "string",
    default: "auto",
    help: `Set type of progress output (${quoted(PROGRESS_MODES)})`,
  },
  pull: { kind: "bool", help: "Always attempt to pull all referenced images" },
  provenance: { kind: "string", help: 'Shorthand for "--set=*.attest=type=provenance"' },
  push: { kind: "bool", help: 'Shorthand for "--set=*.output=type=registry"' },
  sbom: { kind: "string", help: 'Shorthand for "--set=*.attest=type=sbom"' },
  set: { kind: "list", help: 'Override a value of targets (e.g., "target*.args.KEY=value")' },
} as const satisfies Flags;
type BakeFlags = FlagValues<typeof BAKE_FLAGS>;

export const bake = defineCommand({
  usage: "[OPTIONS] [TARGET...]",
  flags: BAKE_FLAGS,
  unsupported: ["var"],
  args: { min: 0 },
  async run(context, names, flags) {
    refuseUnsettled({ builder: flags.builder });
    const question = questionOf(flags);
    if (question?.json === true)
      throw new Failure("OPTION_UNSUPPORTED", { option: "--call with format=json" });
    const files = await readBakeFiles(context, flags.file);
    if (flags.list !== undefined) return list(context, flags.list, files);
    const override = readOverrides(flags.set, context.env);
    const chosen = choose(files.definition, names.length === 0 ? ["default"] : names, override);
    const targets = flagged(chosen.targets, flags);
    if (flags.print) {
      await print(context, printed({ ...chosen, targets }));
      return 0;
    }
    using interrupted = interruptible(context);
    const wanted = { targets, allow: flags.allow, signal: interrupted.signal };
    if (question !== undefined) return await askAll(context, question, wanted);
    await buildAll(context, flags, wanted);
    return 0;
  },
});

/** The targets as the flags that stand for attributes of all of them make them. */
function flagged(
  targets: Chosen["targets"],
  { push, load, pull, "no-cache": noCache, provenance, sbom }: BakeFlags,
): Chosen["targets"] {
  const own = { push, load, pull, noCache, provenance, sbom };
  return new Map([...targets].map(([name, target]) => [name, withFlags(target, own)]));
}

type Wanted = Omit<Baking, "report">;

async function buildAll(
  context: Context,
  { progress: mode, "metadata-file": metadataFile }: BakeFlags,
  wanted: Wanted,
): Promise<void> {
  const progress = await createProgress(readProgressMode(mode), context.stderr, { env: context.env });
  try {
    const metadata = await buildTargets(context, { ...wanted, report: progress.report.bind(progress) });
    progress.close();
    if (metadataFile !== undefined) {
      const text = JSON.stringify(Object.fromEntries(metadata), undefined, 2);
      await writeFile(resolve(context.cwd, metadataFile), `${text}\n`);
    }
  } finally {
    progress.close();
  }
}

async function list(
  context: Context,
  what: string,
  { definition, program }: Awaited<ReturnType<typeof readBakeFiles>>,
): Promise<number> {
  const [kind, format = "table"] = what.replace(/^type=/, "").split(/,format=/);
  const rows =
    kind === "targets" ? listTargets(definition) : kind === "variables" ? listVariables(program) : undefined;
  const write = rows?.[format as "table" | "json"];
  if (write === undefined)
    throw new Failure("OPTION_INVALID", {
      option: "--list",
      got: what,
      want: "targets or variables, with format=json if wanted",
    });
  await print(context, write());
  return 0;
}

async function askAll(
  context: Context,
  question: Question,
  { targets, allow, signal }: Wanted,
): Promise<number> {
  let code = 0;
  for (const [name, target] of targets) {
    await using prepared = await prepareTarget(context, { name, target, allow, signal });
    const { builds } = await context.engine();
    await print(context, `[${name}]`);
    code = Math.max(code, await ask(context, builds, question, { request: prepared.request, signal }));
  }
  return code;
}
