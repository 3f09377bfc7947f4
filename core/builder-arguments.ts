import { Failure } from "./errors.ts";
import { parseBoolean } from "./go-boolean.ts";

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
