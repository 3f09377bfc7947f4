import { Failure, isCode } from "../../../core/errors.ts";
import { formatPlatform, type Platform } from "../../../core/platform.ts";
import type { ImageConfig } from "../../../image/config.ts";
import type { InstructionNode } from "../ast.ts";
import { readInstruction } from "../instructions/read.ts";
import { parseDockerfile } from "../parse.ts";
import { located, Problem } from "../problem.ts";
import { imageName, type Linked, SCRATCH, type StageGraph, type StageNode } from "./graph.ts";
import { emptyImage } from "./stage-state.ts";

export interface BaseOptions {
  readonly targetPlatform: Platform;
  readonly loadImage: (reference: string, platform: Platform) => Promise<ImageConfig>;
  /** The stages to resolve, given what is linked so far. */
  readonly needed: () => ReadonlySet<StageNode>;
}

/** The image a stage begins with. */
export interface Base {
  /** Undefined for scratch. */
  readonly reference: string | undefined;
  readonly platform: Platform;
  readonly image: ImageConfig;
  /** The build context whose files it is. */
  readonly context?: string;
}

/**
 * Loads the images that needed stages begin with, and puts the triggers of bases in front of the stages' commands.
 * A trigger may copy from a stage that was not needed before, so it goes on until nothing is added.
 */
export async function loadBases(
  graph: StageGraph,
  options: BaseOptions,
): Promise<ReadonlyMap<StageNode, Base>> {
  const bases = new Map<StageNode, Base>();
  const triggered = new Set<StageNode>();
  const load = loader(graph, options);
  for (const stage of graph.stages) checkName(graph, stage);
  for (;;) {
    const stages = [...options.needed()].filter((stage) => !triggered.has(stage));
    if (stages.length === 0) return bases;
    const first = stages.filter(({ base }) => base === undefined);
    await Promise.all(first.map(async (stage) => bases.set(stage, await load(stage))));
    for (const stage of stages) {
      triggered.add(stage);
      addTriggers(graph, stage, triggersOf(stage, bases));
    }
  }
}

/** Even a stage that nothing needs must have a base with a proper name. */
function checkName(graph: StageGraph, { base, baseName, from: { lines } }: StageNode): void {
  if (base !== undefined || baseName === SCRATCH) return;
  located({ file: graph.file, lines }, () => imageName(baseName));
}

/** Loads each image once for each platform. What fails is told with the place of the stage that needs it. */
function loader(
  graph: StageGraph,
  { targetPlatform, loadImage }: BaseOptions,
): (stage: StageNode) => Promise<Base> {
  const images = new Map<string, Promise<ImageConfig>>();
  return async ({ baseName, platform: asked, from: { lines, code } }) => {
    if (baseName === SCRATCH) {
      return { reference: undefined, platform: targetPlatform, image: emptyImage(targetPlatform) };
    }
    const named = graph.named(baseName);
    if (named?.kind === "directory") {
      const context = baseName.toLowerCase();
      return { reference: undefined, platform: targetPlatform, image: emptyImage(targetPlatform), context };
    }
    const platform = asked ?? targetPlatform;
    const reference = named?.reference ?? imageName(baseName);
    const key = `${reference} ${formatPlatform(platform)}`;
    const image = images.get(key) ?? loadImage(reference, platform);
    images.set(key, image);
    try {
      return { reference, platform, image: await image };
    } catch (cause) {
      const place = { file: graph.file, line: lines.first, endLine: lines.last };
      throw new Failure("BUILD_STEP_INVALID", { ...place, step: code }, { cause });
    }
  };
}

function triggersOf(stage: StageNode, bases: ReadonlyMap<StageNode, Base>): readonly string[] {
  if (stage.base === undefined) return bases.get(stage)?.image.config?.OnBuild ?? [];
  return stage.base.commands.flatMap(({ instruction }) =>
    instruction.kind === "ONBUILD" ? [instruction.expression] : [],
  );
}

function addTriggers(graph: StageGraph, stage: StageNode, triggers: readonly string[]): void {
  if (triggers.length === 0) return;
  const { lines } = stage.from;
  const commands = located({ file: graph.file, lines }, () =>
    triggers.map((trigger): Linked => {
      const [node, ...others] = parseTrigger(trigger);
      if (node === undefined || others.length > 0) {
        throw new Problem("onbuild trigger should be a single expression");
      }
      const instruction = readInstruction({ ...node, lines });
      if (instruction.kind === "FROM") throw new Problem("FROM isn't allowed as an ONBUILD trigger");
      return graph.link(instruction, true);
    }),
  );
  stage.commands = [...commands, ...stage.commands];
}

/** Faults of a trigger have no lines: it is not in this file. */
function parseTrigger(text: string): readonly InstructionNode[] {
  try {
    return parseDockerfile(text).nodes;
  } catch (error) {
    throw isCode(error, "DOCKERFILE_INVALID") ? new Problem(error.message) : error;
  }
}
