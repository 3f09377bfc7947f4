import { type BuildTarget, type BuildTargets, locationOfLines } from "../../../core/build-answers.ts";
import type { ParsedDockerfile } from "../ast.ts";
import { readStages } from "../instructions/stages.ts";

/** The stages of a Dockerfile, as they are written. Throws DOCKERFILE_INVALID. */
export function targetsOf(parsed: ParsedDockerfile): BuildTargets {
  const { stages } = readStages(parsed);
  const targets = stages.map(({ from }, index): BuildTarget => {
    const { name, description, base, platform, lines } = from;
    return {
      ...(name === "" ? {} : { name }),
      ...(index === stages.length - 1 ? { default: true as const } : {}),
      ...(description === "" ? {} : { description }),
      base,
      ...(platform === "" ? {} : { platform }),
      location: locationOfLines(lines.first, lines.last),
    };
  });
  return { targets, sources: [sourceOf(parsed)] };
}

export const sourceOf = ({ text }: ParsedDockerfile): string => Buffer.from(text).toString("base64");
