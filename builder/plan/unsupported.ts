import { Failure } from "../../core/errors.ts";
import type { ResolvedStep } from "../dockerfile/resolved.ts";
import type { SourceLine } from "../events.ts";

/** A use of an instruction that is not built yet, as the user wrote it. */
type Refusal = (step: ResolvedStep) => string | false;

const isRemote = (source: string): boolean => /^(?:https?|git|ssh):\/\/|^[\w.-]+@[\w.-]+:/.test(source);
const remoteOf = (step: ResolvedStep): string | undefined =>
  step.kind === "copy" && step.instruction.kind === "ADD" ? step.sources.find(isRemote) : undefined;

const REFUSALS: readonly Refusal[] = [
  (step) => step.kind === "run" && step.security !== "sandbox" && `RUN --security=${step.security}`,
  (step) => step.kind === "run" && step.devices.length > 0 && "RUN --device",
  (step) =>
    step.kind === "copy" &&
    step.instruction.kind === "ADD" &&
    step.instruction.checksum !== "" &&
    "ADD --checksum",
  (step) => remoteOf(step) !== undefined && `ADD of a remote source (${remoteOf(step)})`,
];

/** Throws DOCKERFILE_UNSUPPORTED. */
export function refuseUnsupported(step: ResolvedStep, { file, line, endLine }: SourceLine): void {
  for (const refusal of REFUSALS) {
    const what = refusal(step);
    if (what !== false) throw new Failure("DOCKERFILE_UNSUPPORTED", { file, line, endLine, what });
  }
}
