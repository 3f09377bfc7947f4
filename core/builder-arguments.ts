import { Failure } from "./errors.ts";
import { parseBoolean } from "./go-boolean.ts";
import type { Platform } from "./platform.ts";

/** Build arguments that switch something of the build itself. https://docs.docker.com/reference/dockerfile/#buildkit-built-in-build-args */
export type SwitchArgument =
  | "BUILDKIT_CONTEXT_KEEP_GIT_DIR"
  | "BUILDKIT_INLINE_CACHE"
  | "BUILDKIT_MULTI_PLATFORM";

/** What a build argument says; undefined when it is absent or empty. Throws OPTION_INVALID. */
export function switchArgument(
  buildArgs: Readonly<Record<string, string>>,
  name: SwitchArgument,
): boolean | undefined {
  const text = buildArgs[name] ?? "";
  if (text === "") return undefined;
  const value = parseBoolean(text);
  if (value === undefined)
    throw new Failure("OPTION_INVALID", { option: `--build-arg ${name}`, got: text, want: "true or false" });
  return value;
}

/** Whether a build makes a list of images, be it of one. Throws OPTION_INVALID, OPTIONS_CONFLICT. */
export function wantsList({
  platforms = [],
  buildArgs,
}: {
  readonly platforms?: readonly Platform[];
  readonly buildArgs: Readonly<Record<string, string>>;
}): boolean {
  const isAsked = switchArgument(buildArgs, "BUILDKIT_MULTI_PLATFORM");
  if (isAsked === false && platforms.length > 1)
    throw new Failure("OPTIONS_CONFLICT", { one: "BUILDKIT_MULTI_PLATFORM=0", other: "several platforms" });
  return isAsked ?? platforms.length > 1;
}
