import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure, isCode } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { BuildEvent, BuildRequest, BuildResult } from "../../engine/api.ts";
import { readBuildInput } from "../build-input.ts";
import { check } from "../build-options/check.ts";
import { readNamedContexts } from "../build-options/contexts.ts";
import { Explanation } from "../build-options/explanation.ts";
import { BUILD_FLAGS, UNSUPPORTED_BUILD_FLAGS } from "../build-options/flags.ts";
import { namesOf, type Output, readOutputs } from "../build-options/outputs.ts";
import { readRequest } from "../build-options/request.ts";
import { readSecrets } from "../build-options/secrets.ts";
import { readSsh } from "../build-options/ssh.ts";
import { writeMetadata, writeOutputs } from "../build-options/write-outputs.ts";
import { debugBuild, isInteractive } from "../builds/debug-session.ts";
import { defineCommand } from "../command.ts";
import { type Context, print } from "../context.ts";
import { printError } from "../errors.ts";
import type { FlagValues } from "../flags.ts";
import { createProgress, PROGRESS_MODES, type ProgressMode } from "../progress/progress.ts";
import { interruptible } from "../signals.ts";

/** As long as those that buildx gives. */
const REF_LENGTH = 25;

type BuildFlags = FlagValues<typeof BUILD_FLAGS>;

export const build = defineCommand({
  usage: "[OPTIONS] PATH | URL | -",
  flags: BUILD_FLAGS,
  unsupported: UNSUPPORTED_BUILD_FLAGS,
  args: { min: 1, max: 1 },
  completes: "file",
  async run(context, [path = ""], flags) {
    refuse(flags);
    const mode = flags.quiet ? "quiet" : readMode(flags.progress);
    const outputs = readOutputs(flags, context.cwd);
    const tags = namesOf(outputs, flags.tag);
    if (tags.length === 0 && outputs.some((output) => output.type === "image" && output.push))
      throw new Failure("OPTION_INVALID", { option: "--push", got: "", want: "a tag: -t NAME" });
    const secrets = await readSecrets(flags.secret, context);
    const ssh = await readSsh(flags.ssh, context);
    using interrupted = interruptible(context);
    const builds = async () => (await context.engine()).builds;
    const fetching = { ...interrupted, builds, ...(secrets === undefined ? {} : { secrets }) };
    await using input = await readBuildInput(context, path, { ...fetching, file: flags.file });
    await using named = await readNamedContexts(context, flags["build-context"], fetching);
    const { contexts } = named;
    const request = readRequest(context, flags, { path, input, contexts, tags, outputs, secrets, ssh });
    const { signal } = interrupted;
    if (flags.check) return await check(context, await builds(), { request, signal });
    await buildAndWrite(context, flags, { request, outputs, mode, signal });
    return 0;
  },
});

interface Prepared {
  readonly request: BuildRequest;
  readonly outputs: readonly Output[];
  readonly mode: ProgressMode;
  readonly signal: AbortSignal;
}

async function buildAndWrite(context: Context, flags: BuildFlags, prepared: Prepared): Promise<void> {
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
  } catch (error) {
    progress.close();
    if (flags["on-error"] === undefined || !isCode(error, "BUILD_STEP_FAILED")) throw error;
    await enterFailure(context, error, { ref, secrets: request.secrets });
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

function readMode(text: string): ProgressMode {
  const mode = PROGRESS_MODES.find((name) => name === text);
  if (mode !== undefined) return mode;
  throw new Failure("OPTION_INVALID", { option: "--progress", got: text, want: PROGRESS_MODES.join(", ") });
}
