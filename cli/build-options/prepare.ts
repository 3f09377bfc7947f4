import { switchArgument } from "../../core/builder-arguments.ts";
import { Failure } from "../../core/errors.ts";
import { Undo } from "../../core/undo.ts";
import type { BuildRequest } from "../../engine/api.ts";
import { readBuildInput } from "../build-input.ts";
import type { Context } from "../context.ts";
import type { FlagValues } from "../flags.ts";
import { readBuildArgs } from "./build-args.ts";
import { readNamedContexts } from "./contexts.ts";
import type { BUILD_FLAGS } from "./flags.ts";
import { namesOf, type Output, readOutputs } from "./outputs.ts";
import { readRequest } from "./request.ts";
import { readSecrets } from "./secrets.ts";
import { readSsh } from "./ssh.ts";

export type BuildFlags = FlagValues<typeof BUILD_FLAGS>;

/** Disposing it removes what was brought here for the build. */
export interface PreparedBuild extends AsyncDisposable {
  readonly request: BuildRequest;
  readonly outputs: readonly Output[];
}

/** What the flags of a build and its context `path` ask for, with everything brought here that is elsewhere. */
export async function prepareBuild(
  context: Context,
  path: string,
  flags: BuildFlags,
  signal: AbortSignal,
): Promise<PreparedBuild> {
  const outputs = readOutputs(flags, context.cwd);
  const tags = namesOf(outputs, flags.tag);
  if (tags.length === 0 && outputs.some((output) => output.type === "image" && output.push))
    throw new Failure("OPTION_INVALID", { option: "--push", got: "", want: "a tag: -t NAME" });
  const secrets = await readSecrets(flags.secret, context);
  const ssh = await readSsh(flags.ssh, context);
  const buildArgs = readBuildArgs(context, flags["build-arg"]);
  const keepGitDir = switchArgument(buildArgs, "BUILDKIT_CONTEXT_KEEP_GIT_DIR");
  const builds = async () => (await context.engine()).builds;
  const fetching = { signal, builds, ...(secrets === undefined ? {} : { secrets }) };
  const undo = new Undo();
  try {
    const input = await readBuildInput(context, path, { ...fetching, keepGitDir, file: flags.file });
    undo.add(() => input[Symbol.asyncDispose]());
    const { contexts, ...named } = await readNamedContexts(context, flags["build-context"], fetching);
    undo.add(() => named[Symbol.asyncDispose]());
    const request = readRequest(context, flags, {
      path,
      input,
      contexts,
      buildArgs,
      tags,
      outputs,
      secrets,
      ssh,
    });
    return { request, outputs, [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose]() };
  } catch (error) {
    await undo[Symbol.asyncDispose]();
    throw error;
  }
}
