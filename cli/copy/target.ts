import { Failure } from "../../core/errors.ts";
import { meansContent, meansDirectory } from "./argument.ts";

export interface CopySource {
  readonly path: string;
  readonly base: string;
  readonly directory: boolean;
}
export interface CopyDestination {
  readonly path: string;
  readonly exists: boolean;
  readonly directory: boolean;
}

/**
 * Where the copied thing goes, by the rules of `docker cp`: the directory it is put into and its name there; no name when the content
 * of a directory goes straight into an existing one. https://docs.docker.com/reference/cli/docker/container/cp/#description
 */
export function copyTarget(
  source: CopySource,
  to: CopyDestination,
): { readonly into: "destination" | "parent"; readonly name: string | undefined } {
  if (to.exists && to.directory) {
    const content = source.directory && meansContent(source.path);
    return { into: "destination", name: content ? undefined : source.base };
  }
  if (to.exists && source.directory) throw new Failure("COPY_INVALID", { why: "cannot copy directory" });
  if (!source.directory && meansDirectory(to.path))
    throw new Failure("COPY_INVALID", { why: "no such directory" });
  return {
    into: "parent",
    name: to.path
      .replace(/\/+\.?$/, "")
      .split("/")
      .at(-1),
  };
}
