import { type LayerStep, layersOf, type Outcomes } from "../plan/step.ts";
import type { Operation } from "../solve/operation.ts";
import { copyOperation } from "./copy/copy.ts";
import { fetchOperation } from "./fetch.ts";
import { runOperation } from "./run.ts";
import type { StepContext } from "./step-context.ts";
import { workdirOperation } from "./workdir.ts";

/** The operation of a step whose inputs are there. */
export function operationOf(step: LayerStep, outcomes: Outcomes, context: StepContext): Operation {
  const layers = layersOf(outcomes, step.parent);
  switch (step.kind) {
    case "run":
      return runOperation(step, outcomes, context);
    case "copy":
      return copyOperation(step, outcomes, context);
    case "fetch":
      return fetchOperation(step, context);
    case "workdir":
      return workdirOperation(step, layers, context);
  }
}
