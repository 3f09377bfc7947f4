import { Failure } from "../../core/errors.ts";
import type { ResolvedStep } from "../dockerfile/resolved.ts";
import type { SourceLine } from "../events.ts";

/** A use of an instruction that is not built yet, as the user wrote it. */
type Refusal = (step: ResolvedStep) => string | false;

const REFUSALS: readonly Refusal[] = [
  (step) => step.kind === "run" && step.devices.length > 0 && "RUN --device",
];

/** Throws DOCKERFILE_UNSUPPORTED. */
export function refuseUnsupported(step: ResolvedStep, { file, line, endLine }: SourceLine): void {
  for (const refusal of REFUSALS) {
    const what = refusal(step);
    if (what !== false) throw new Failure("DOCKERFILE_UNSUPPORTED", { file, line, endLine, what });
  }
}
