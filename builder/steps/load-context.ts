import type { InternalSteps } from "../internal-steps.ts";
import type { CopyStep, Plan, Step } from "../plan/step.ts";
import { explainFailure } from "./failure.ts";
import type { StepContext } from "./step-context.ts";

interface Loading {
  readonly context: StepContext;
  /** The text of the Dockerfile. */
  readonly source: string;
  readonly internal: InternalSteps;
}

/** Looks at what all steps take from the context while the first of them run: what is missing fails the build at once. */
export async function loadContext(plan: Plan, { context, source, internal }: Loading): Promise<void> {
  const wanted = plan.steps.filter(takesContext);
  if (wanted.length === 0) return;
  const load = async (step: CopyStep): Promise<void> => {
    try {
      await context.contextOf(nameOf(step)).select(step.sources);
    } catch (error) {
      throw await explainFailure(error, { step, outcomes: new Map(), context, source });
    }
  };
  await internal.run("[internal] load build context", () => Promise.all(wanted.map(load)));
}

const nameOf = ({ from }: CopyStep): string | undefined => (from.kind === "context" ? from.name : undefined);

const takesContext = (step: Step): step is CopyStep =>
  step.kind === "copy" && step.from.kind === "context" && step.sources.list.length > 0;
