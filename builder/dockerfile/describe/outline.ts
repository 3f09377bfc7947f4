import { type BuildOutline, locationOfLines } from "../../../core/build-answers.ts";
import type { ParsedDockerfile } from "../ast.ts";
import { type ExpandOptions, expandWord } from "../expand.ts";
import { secretId } from "../instructions/mount.ts";
import { readStages } from "../instructions/stages.ts";
import type { Arg, From } from "../instructions/types.ts";
import type { ResolvedDockerfile, ResolvedStage, Source } from "../resolved.ts";
import { mergeParameters, Parameters } from "./parameters.ts";
import { sourceOf } from "./targets.ts";

type BuildArgs = ReadonlyMap<string, string>;

/** What a build of the target takes: arguments, secrets and ssh, those of the stages that it needs too. */
export function outlineOf(
  parsed: ParsedDockerfile,
  resolved: ResolvedDockerfile,
  buildArgs: BuildArgs,
): BuildOutline {
  const written = readStages(parsed);
  const scope = { globals: resolved.globals, buildArgs, lexer: { escape: parsed.escape } };
  const global = globalParameters(written.globalArgs, scope);
  const byStage = new Map<number, Parameters>();
  // What a stage needs stands before it.
  for (const stage of resolved.stages) {
    const base = stage.base.kind === "stage" ? byStage.get(stage.base.stage) : undefined;
    const own = new Parameters(base ?? global);
    const from = written.stages[stage.index]?.from;
    if (from !== undefined) for (const name of usedBy(from, scope)) own.use(name);
    addSteps(own, stage, scope);
    byStage.set(stage.index, own);
  }
  const { name = "", description = "" } = written.stages[resolved.target.index]?.from ?? {};
  return {
    ...(name === "" ? {} : { name }),
    ...(description === "" ? {} : { description }),
    ...mergeParameters(neededStages(resolved).flatMap(({ index }) => byStage.get(index) ?? [])),
    sources: [sourceOf(parsed)],
  };
}

interface Scope {
  readonly globals: ReadonlyMap<string, string>;
  readonly buildArgs: BuildArgs;
  readonly lexer: ExpandOptions;
}

function globalParameters(args: readonly Arg[], { globals, buildArgs, lexer }: Scope): Parameters {
  const parameters = new Parameters();
  for (const { args: declared, lines } of args) {
    for (const { key, value: byDefault, description } of declared) {
      const isDefault = byDefault !== undefined && !buildArgs.has(key);
      const needs = isDefault ? expandWord(byDefault, globals, lexer).matched : [];
      const value = globals.get(key);
      parameters.declare(key, {
        value,
        description,
        location: locationOfLines(lines.first, lines.last),
        needs,
      });
    }
  }
  return parameters;
}

const usedBy = ({ base, platform }: From, { globals, lexer }: Scope): readonly string[] =>
  [base, platform].flatMap((word) => [...expandWord(word, globals, lexer).matched]);

function addSteps(
  parameters: Parameters,
  { steps, args }: ResolvedStage,
  { globals, buildArgs }: Scope,
): void {
  const values = args.values();
  for (const step of steps) {
    const location = locationOfLines(step.lines.first, step.lines.last);
    if (step.kind === "run")
      for (const mount of step.mounts) {
        const { type, required } = mount;
        if (type === "secret") parameters.mount(type, secretId(mount), { required, location });
        if (type === "ssh") parameters.mount(type, mount.id || "default", { required, location });
      }
    if (step.kind !== "config" || step.instruction.kind !== "ARG") continue;
    for (const { key, value: byDefault, description } of step.instruction.args) {
      const value = values.next().value?.value;
      const isGlobal = byDefault === undefined && !buildArgs.has(key) && globals.has(key);
      if (!isGlobal) parameters.declare(key, { value, description, location, needs: [] });
      parameters.use(key);
    }
  }
}

/** The target, then what it begins with, then what it takes files from, and so on: the first that knows a name tells what it is. */
function neededStages({ stages, target }: ResolvedDockerfile): readonly ResolvedStage[] {
  const byIndex = new Map(stages.map((stage) => [stage.index, stage]));
  const seen = new Set<ResolvedStage>();
  const waiting = [target.index];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const stage = byIndex.get(index);
    if (stage === undefined || seen.has(stage)) continue;
    seen.add(stage);
    const sources = [stage.base, ...stage.steps.flatMap(sourcesOf)];
    waiting.push(...sources.flatMap((source) => (source.kind === "stage" ? [source.stage] : [])).reverse());
  }
  return [...seen];
}

function sourcesOf(step: ResolvedStage["steps"][number]): readonly Source[] {
  if (step.kind === "copy") return [step.from];
  return step.kind === "run" ? step.mounts.map(({ of }) => of) : [];
}
