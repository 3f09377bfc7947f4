import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { describeError } from "../../../core/errors.ts";

/** Which instruction of the Dockerfile `text`, counted from 1, an error speaks of. */
export function instructionAt(text: string, error: unknown): number | undefined {
  const line = Number(/Dockerfile:(\d+)/.exec(describeError(error))?.[1]);
  const position = parseDockerfile(text).nodes.findIndex(
    ({ lines }) => lines.first <= line && line <= lines.last,
  );
  return position === -1 ? undefined : position + 1;
}
