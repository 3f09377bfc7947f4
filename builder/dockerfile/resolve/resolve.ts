import type { Platform } from "../../../core/platform.ts";
import type { ImageConfig } from "../../../image/config.ts";
import type { ParsedDockerfile } from "../ast.ts";
import type { ExpandOptions } from "../expand.ts";
import { readStages } from "../instructions/stages.ts";
import type { TypedDockerfile } from "../instructions/types.ts";
import { NO_CONFIG, parseCheckConfig } from "../lint/config.ts";
import { checkContinuations, checkNode, checkStages } from "../lint/file-rules.ts";
import { checkDefaultBases } from "../lint/from-rules.ts";
import { Reporter } from "../lint/reporter.ts";
import { located, Problem } from "../problem.ts";
import type { ResolvedDockerfile, ResolvedStage, ResolveOptions } from "../resolved.ts";
import { checkSyntax } from "../syntax.ts";
import { loadBases } from "./bases.ts";
import { globalArguments, proxyEnvironment } from "./globals.ts";
import type { StageGraph, StageNode } from "./graph.ts";
import { planStages } from "./plan-stages.ts";
import { StageResolver } from "./stage-resolver.ts";

/**
 * Finds out what a Dockerfile means for these arguments, this target and these base images.
 * Rejects with DOCKERFILE_INVALID, DOCKERFILE_UNSUPPORTED for another syntax, and with what `loadImage` rejects with.
 */
export async function resolveDockerfile(
  parsed: ParsedDockerfile,
  options: ResolveOptions,
): Promise<ResolvedDockerfile> {
  const { file } = parsed;
  checkSyntax(parsed.text, { file, buildArgs: options.buildArgs });
  const reporter = located(wholeFile(file), () => newReporter(parsed, options));
  const { report } = reporter;
  checkContinuations(parsed, report);
  const typed = readStages(parsed, (node) => checkNode(node, report));
  checkStages(typed, report);

  const lexer: ExpandOptions = { escape: parsed.escape };
  const { buildArgs, buildPlatform, targetPlatform = buildPlatform } = options;
  const targetName = options.target ?? typed.stages.at(-1)?.from.name ?? "";
  const globalOptions = { file, buildPlatform, targetPlatform, targetName, lexer };
  checkDefaults(typed, { ...globalOptions, buildArgs }, reporter);
  const globals = globalArguments(typed.globalArgs, { ...globalOptions, buildArgs });

  const graph = planStages(typed, {
    file,
    globals,
    lexer,
    targetPlatform,
    report,
    contexts: options.contexts ?? new Map(),
  });
  const target = located(wholeFile(file), () => graph.target(options.target));
  const needed = (): ReadonlySet<StageNode> =>
    options.allStages === true ? new Set(graph.stages) : graph.reachable(target);
  const { loadImage } = options;
  const bases = await loadBases(graph, { targetPlatform, loadImage, needed });
  const proxyEnv = proxyEnvironment(buildArgs);
  const resolver = new StageResolver({ ...options, graph, bases, globals, lexer, proxyEnv, report });
  const stages = inOrder(graph, needed()).map((stage) => resolver.resolve(stage));
  located(wholeFile(file), () => reporter.finish());
  return { file, stages, target: finished(stages, target, options), globals };
}

const wholeFile = (
  file: string,
): { readonly file: string; readonly lines: { first: number; last: number } } => ({
  file,
  lines: { first: 0, last: 0 },
});

/** Checks are configured by a build argument, or else by a directive. */
function newReporter({ directives }: ParsedDockerfile, { buildArgs, warn }: ResolveOptions): Reporter {
  const written = directives.find(({ name }) => name === "check")?.value;
  const text = buildArgs.get("BUILDKIT_DOCKERFILE_CHECK") ?? written;
  return new Reporter(text === undefined ? NO_CONFIG : parseChecks(text), warn ?? (() => {}));
}

function parseChecks(text: string): ReturnType<typeof parseCheckConfig> {
  try {
    return parseCheckConfig(text);
  } catch (error) {
    throw error instanceof Problem ? new Problem(`failed to parse check options: ${error.message}`) : error;
  }
}

function checkDefaults(
  { stages, globalArgs }: TypedDockerfile,
  options: Parameters<typeof globalArguments>[1],
  { report }: Reporter,
): void {
  const froms = stages.map(({ from }) => from);
  try {
    // The platform arguments keep what is given for them.
    const platformArgs = globalArguments([], options);
    const defaults = globalArguments(globalArgs, { ...options, buildArgs: new Map() });
    checkDefaultBases(froms, new Map([...defaults, ...platformArgs]), options.lexer, report);
  } catch {
    // The same fault is met again, and reported, with the real arguments.
  }
}

const inOrder = ({ stages }: StageGraph, needed: ReadonlySet<StageNode>): readonly StageNode[] =>
  stages.filter((stage) => needed.has(stage));

/** Labels of the command line, and a platform that was asked for, are the target's only. */
function finished(
  stages: readonly ResolvedStage[],
  target: StageNode,
  { labels = {}, targetPlatform }: ResolveOptions,
): ResolvedStage {
  const found = stages.find(({ index }) => index === target.index);
  if (found === undefined) throw new TypeError("the target is not among the stages it needs");
  const hasLabels = Object.keys(labels).length > 0;
  const Labels = { ...found.image.config?.Labels, ...labels };
  const image = { ...found.image, ...(hasLabels && { config: { ...found.image.config, Labels } }) };
  return { ...found, image: targetPlatform === undefined ? image : onPlatform(image, targetPlatform) };
}

/** An image says it is for the platform that was asked for, whatever its base said. */
function onPlatform(
  { variant: own, ...image }: ImageConfig,
  { os, architecture, variant }: Platform,
): ImageConfig {
  const isSame = os === image.os && architecture === image.architecture;
  const kept = variant ?? (isSame ? own : undefined);
  return { ...image, os, architecture, ...(kept !== undefined && { variant: kept }) };
}
