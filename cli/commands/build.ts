import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure, isCode } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { BuildEvent, BuildRequest, BuildResult } from "../../engine/api.ts";
import { ask } from "../build-options/ask.ts";
import { questionOf } from "../build-options/calls.ts";
import { Explanation } from "../build-options/explanation.ts";
import { BUILD_FLAGS, UNSUPPORTED_BUILD_FLAGS } from "../build-options/flags.ts";
import type { Output } from "../build-options/outputs.ts";
import { type BuildFlags, prepareBuild } from "../build-options/prepare.ts";
import { refuseUnsettled } from "../build-options/settled-flags.ts";
import { refuseVerify, verify } from "../build-options/verify.ts";
import { writeMetadata, writeOutputs } from "../build-options/write-outputs.ts";
import { debugBuild, isInteractive } from "../builds/debug-session.ts";
import { defineCommand } from "../command.ts";
import { type Context, print } from "../context.ts";
import { printError } from "../errors.ts";
import { createProgress, type ProgressMode, readProgressMode } from "../progress/progress.ts";
import { interruptible } from "../signals.ts";

/** As long as those that buildx gives. */
const REF_LENGTH = 25;

export const build = defineCommand({
  usage: "[OPTIONS] PATH | URL | -",
  flags: BUILD_FLAGS,
  unsupported: UNSUPPORTED_BUILD_FLAGS,
  args: { min: 1, max: 1 },
  completes: "file",
  async run(context, [path = ""], flags) {
    refuse(flags);
    refuseUnsettled({ builder: flags.builder, isolation: flags.isolation });
    const question = questionOf(flags);
    const mode = flags.quiet ? "quiet" : readProgressMode(flags.progress);
    using interrupted = interruptible(context);
    const { signal } = interrupted;
    await using prepared = await prepareBuild(context, path, flags, signal);
    const { request, outputs } = prepared;
    if (question !== undefined) {
      const { builds } = await context.engine();
      return await ask(context, builds, question, { request, signal });
    }
    if (flags.verify) refuseVerify(request);
    const result = await buildAndWrite(context, flags, { request, outputs, mode, signal });
    return flags.verify ? await verify(context, { request, result, mode, signal }) : 0;
  },
});

interface Prepared {
  readonly request: BuildRequest;
  readonly outputs: readonly Output[];
  readonly mode: ProgressMode;
  readonly signal: AbortSignal;
}

async function buildAndWrite(context: Context, flags: BuildFlags, prepared: Prepared): Promise<BuildResult> {
  const { request, mode, signal } = prepared;
  const { builds } = await context.engine();
  const ref = newId().slice(0, REF_LENGTH);
  const explanation = new Explanation(flags.explain);
  const progress = await createProgress(mode, context.stderr, { env: context.env });
  const report = (event: BuildEvent): void => {
    explanation.report(event);
    progress.report(event);
  };
  try {
    const result = await builds.build(request, report, { signal, ref });
    progress.close();
    await explanation.print(context);
    await writeAll(context, flags, { ...prepared, result });
    return result;
  } catch (error) {
    progress.close();
    if (flags["on-error"] === undefined || !isCode(error, "BUILD_STEP_FAILED")) throw error;
    return await enterFailure(context, error, { ref, secrets: request.secrets });
  } finally {
    progress.close();
  }
}

/** Shows what failed, and a shell in what that left; the build has failed all the same. */
async function enterFailure(
  context: Context,
  error: unknown,
  { ref, secrets }: { readonly ref: string; readonly secrets: BuildRequest["secrets"] },
): Promise<never> {
  await printError(context, error);
  const tty = isInteractive(context);
  await debugBuild(context, ref, { tty, ...(secrets === undefined ? {} : { secrets }) });
  throw error;
}

/** Everything that was asked for of the result. */
async function writeAll(
  context: Context,
  { iidfile, "metadata-file": metadata, quiet }: BuildFlags,
  { outputs, result, signal }: Prepared & { readonly result: BuildResult },
): Promise<void> {
  const { images } = await context.engine();
  const writing = { context, images, quiet, signal };
  const pushed = await writeOutputs(outputs, result, writing);
  if (iidfile !== undefined) await writeFile(resolve(context.cwd, iidfile), result.image);
  if (metadata !== undefined) await writeMetadata(metadata, { ...result, pushed }, writing);
  const toStandardOutput = outputs.some((output) => "file" in output && output.file === undefined);
  if (quiet && !toStandardOutput) await print(context, result.image);
}

function refuse({ squash, rm, "on-error": onError }: BuildFlags): void {
  if (onError !== undefined && onError !== "shell")
    throw new Failure("OPTION_INVALID", { option: "--on-error", got: onError, want: "shell" });
  const hint = "a squashed image shares no layer with any other; let a last stage copy what the image needs";
  if (squash) throw new Failure("OPTION_UNSUPPORTED", { option: "--squash" }, { hint });
  if (!rm) throw new Failure("OPTION_UNSUPPORTED", { option: "--rm=false" });
}
