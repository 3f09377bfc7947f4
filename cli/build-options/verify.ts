import { Failure } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import type { BuildEvent, BuildRequest, BuildResult } from "../../engine/api.ts";
import { type Context, print } from "../context.ts";
import { createProgress, type ProgressMode } from "../progress/progress.ts";

interface Verified extends Abortable {
  readonly request: BuildRequest;
  readonly result: BuildResult;
  readonly mode: ProgressMode;
}

/** Builds again without the cache and prints what differs. Resolves with the exit code: 1 when something does. */
export async function verify(
  context: Context,
  { request, result, mode, ...options }: Verified,
): Promise<number> {
  const { builds } = await context.engine();
  const progress = await createProgress(mode, context.stderr, { env: context.env });
  const report = (event: BuildEvent): void => progress.report(event);
  const differences = await builds
    .verify(request, result.image, report, options)
    .finally(() => progress.close());
  if (differences.length === 0) {
    await print(context, `reproducible: ${result.image}`);
    return 0;
  }
  await print(context, "a second build without the cache differs:");
  for (const { path, what } of differences)
    await print(context, path === undefined ? `  ${what}` : `  ${path}: ${what}`);
  if (differences.every(({ what }) => /^(?:time|the image's (?:created|history))\b/.test(what)))
    await print(context, "only times differ: set SOURCE_DATE_EPOCH, or build in a git work tree");
  return 1;
}

/** Throws OPTIONS_CONFLICT where there is no one image of the store to compare with. */
export function refuseVerify({ platforms = [], pushOnly = false }: BuildRequest): void {
  if (platforms.length > 1)
    throw new Failure("OPTIONS_CONFLICT", { one: "--verify", other: "several platforms" });
  if (pushOnly) throw new Failure("OPTIONS_CONFLICT", { one: "--verify", other: "--push" });
}
