import { keyValues } from "../container/key-values.ts";
import type { Context } from "../context.ts";

/** `--build-arg`. A bare NAME takes its value from the environment, and is no argument at all when it is not set there. */
export function readBuildArgs(
  { env }: Pick<Context, "env">,
  given: readonly string[],
): Record<string, string> {
  return keyValues(
    given.flatMap((text) => {
      if (text.includes("=")) return [text];
      const value = env[text];
      return value === undefined ? [] : [`${text}=${value}`];
    }),
  );
}
