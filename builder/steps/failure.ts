import { Failure, isCode } from "../../core/errors.ts";
import { shortId } from "../../core/ids.ts";
import { formatPlatform, hostPlatform } from "../../core/platform.ts";
import { type ExitStatus, exitCode } from "../../core/process.ts";
import { assembleImage } from "../plan/assemble-image.ts";
import { type LayerStep, layersOf, type Outcomes } from "../plan/step.ts";
import { excerpt } from "./excerpt.ts";
import { ProcessFailed } from "./run.ts";
import type { StepContext } from "./step-context.ts";

const OUTPUT_LINES = 20;
const KILLED = 137;

export interface FailedStep {
  readonly step: LayerStep;
  readonly outcomes: Outcomes;
  readonly context: StepContext;
  /** Text of the Dockerfile. */
  readonly source: string;
}

/**
 * The error a user sees when a step failed: with its place, and for a command with its last output and an image of the state before it.
 */
export async function explainFailure(error: unknown, failed: FailedStep): Promise<unknown> {
  const { step, context, source } = failed;
  const { file, line, endLine } = step.at;
  if (!(error instanceof ProcessFailed))
    return new Failure(
      "BUILD_STEP_INVALID",
      { file, line, endLine, step: step.code },
      { cause: error, ...foreignHint(error, step) },
    );
  const command = step.kind === "run" ? step.args.join(" ") : step.code;
  const detail = {
    file,
    line,
    endLine,
    command: JSON.stringify(command),
    status: statusText(error.status),
    excerpt: excerpt(source, step.at),
    output: context.tails.get(step.id)?.lines(OUTPUT_LINES).join("\n") ?? "",
  };
  const image = await publishStateBefore(failed);
  const hint = `enter the state before it: slipway run --rm -it ${image} sh`;
  return new Failure("BUILD_STEP_FAILED", detail, image === undefined ? {} : { hint });
}

/** What helps when the programs of a stage are for another kind of machine. */
function foreignHint(error: unknown, { before }: LayerStep): { readonly hint?: string } {
  const platform = formatPlatform(before.document);
  if (!isCode(error, "EXEC_FORMAT") || platform === formatPlatform(hostPlatform())) return {};
  return {
    hint: `this machine does not run programs of ${platform}: register an emulator in binfmt_misc (Debian's qemu-user-static does), or begin the stage with FROM --platform=$BUILDPLATFORM`,
  };
}

/** An untagged image, which `image prune` removes; undefined where there is nothing to enter, or no image can be made. */
async function publishStateBefore({ step, outcomes, context }: FailedStep): Promise<string | undefined> {
  if (layersOf(outcomes, step.parent).length === 0) return undefined;
  try {
    const config = assembleImage(step.before, { outcomes, result: step.parent });
    return shortId((await context.store.images.publish({ config })).id);
  } catch {
    // The disk may be full: what is to be told is why the step failed.
    return undefined;
  }
}

function statusText(status: ExitStatus): string {
  const code = exitCode(status);
  const killed = code === KILLED ? " (killed: out of memory, or by a signal from outside)" : "";
  return `exit code: ${code}${killed}`;
}
