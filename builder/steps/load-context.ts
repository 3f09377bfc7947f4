import type { CopyStep, Plan, Step } from "../plan/step.ts";
import { explainFailure } from "./failure.ts";
import type { StepContext } from "./step-context.ts";

interface Loading {
  readonly context: StepContext;
  /** The text of the Dockerfile. */
  readonly source: string;
}

/** Looks at what all steps take from the context while the first of them run: what is missing fails the build at once. */
export async function loadContext(plan: Plan, { context, source }: Loading): Promise<void> {
  const wanted = plan.steps.filter(takesContext);
  if (wanted.length === 0) return;
  const load = async (step: CopyStep): Promise<void> => {
    try {
      await context.contextOf(nameOf(step)).select(step.sources);
    } catch (error) {
      throw await explainFailure(error, { step, outcomes: new Map(), context, source });
    }
  };
  await context.internal.run("[internal] load build context", () => Promise.all(wanted.map(load)));
}

const nameOf = ({ from }: CopyStep): string | undefined => (from.kind === "context" ? from.name : undefined);

const takesContext = (step: Step): step is CopyStep =>
  step.kind === "copy" && step.from.kind === "context" && step.sources.list.length > 0;
