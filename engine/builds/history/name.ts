import { basename, posix } from "node:path";
import type { BuildAsked } from "../../build-history-api.ts";

const DEFAULT = "Dockerfile";

/**
 * What a build is called in a listing, as buildx does: the context's folder or URL, the Dockerfile if it has a name of its own, the target;
 * BUILDKIT_BUILD_NAME goes before all of them.
 */
export function buildName({ context, dockerfile, target, buildArgs }: BuildAsked): string {
  const given = buildArgs["BUILDKIT_BUILD_NAME"] ?? "";
  if (given !== "") return given;
  const isRemote = context.includes("://") || context === "-";
  const folder = isRemote ? context : basename(context);
  const file = posix.basename(dockerfile);
  const place = file === DEFAULT || isRemote || dockerfile === "-" ? folder : `${folder}/${file}`;
  return target === undefined ? place : `${place} (${target})`;
}
