import type { LineRange, ParsedDockerfile } from "../dockerfile/ast.ts";
import type { ResolvedDockerfile, ResolvedStage } from "../dockerfile/resolved.ts";
import type { WrittenInstruction } from "../events.ts";
import { imageStepId, layerStepId, type Plan, type StepId } from "./step.ts";

/**
 * The instructions that a target needs, those before its first stage and triggers of base images among them, each with its step. The step of
 * a FROM is the one whose result the stage begins with.
 */
export function writtenInstructions(
  { file, nodes }: ParsedDockerfile,
  { stages }: ResolvedDockerfile,
  plan: Plan,
): readonly WrittenInstruction[] {
  const planned = new Set(plan.steps.map(({ id }) => id));
  const entry = (code: string, { first, last }: LineRange, id: StepId | undefined): WrittenInstruction => ({
    code,
    at: { file, line: first, endLine: last },
    ...(id !== undefined && planned.has(id) ? { step: id } : {}),
  });
  const firstStage = nodes.findIndex(({ keyword }) => keyword.toUpperCase() === "FROM");
  const written = new Map(nodes.map(({ lines, original }) => [lines.first, original]));
  const results = new Map<number, StepId | undefined>();
  const ofStage = (stage: ResolvedStage): readonly WrittenInstruction[] => {
    const { lines, steps, index } = stage;
    const base = baseOf(stage, results);
    const made = steps.map(({ layer }, position) => (layer ? layerStepId(index, position) : undefined));
    results.set(index, made.findLast((id) => id !== undefined) ?? base);
    return [
      entry(written.get(lines.first) ?? "FROM", lines, base),
      ...steps.map((step, position) => entry(step.instruction.code, step.lines, made[position])),
    ];
  };
  const before = nodes.slice(0, firstStage).map(({ original, lines }) => entry(original, lines, undefined));
  return [...before, ...stages.flatMap(ofStage)];
}

function baseOf(
  { base }: ResolvedStage,
  results: ReadonlyMap<number, StepId | undefined>,
): StepId | undefined {
  if (base.kind === "image") return imageStepId(base.reference, base.platform);
  return base.kind === "stage" ? results.get(base.stage) : undefined;
}
