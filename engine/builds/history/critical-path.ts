import type { StepProgress } from "./progress.ts";

/**
 * The ids of the steps that the length of a build comes from: the last one to end, and before each the one that it waited for longest, which
 * is an input or, for a step without any, whatever ended last before it began.
 */
export function criticalPath(steps: readonly StepProgress[]): ReadonlySet<string> {
  const path = new Set<string>();
  const ended = steps.filter(({ finished }) => finished !== undefined);
  for (let at = latest(ended); at !== undefined; at = before(at, ended, path)) path.add(at.id);
  return path;
}

function before(
  step: StepProgress,
  ended: readonly StepProgress[],
  path: ReadonlySet<string>,
): StepProgress | undefined {
  const { inputs, started } = step;
  const others = ended.filter(({ id }) => !path.has(id));
  const waitedFor = latest(others.filter(({ id }) => inputs.includes(id)));
  if (waitedFor !== undefined || started === undefined) return waitedFor;
  return latest(others.filter(({ finished = started }) => finished <= started));
}

const latest = (steps: readonly StepProgress[]): StepProgress | undefined =>
  steps.reduce<StepProgress | undefined>(
    (found, step) => (found === undefined || (step.finished ?? 0) >= (found.finished ?? 0) ? step : found),
    undefined,
  );
