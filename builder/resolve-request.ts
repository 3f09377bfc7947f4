import { hostPlatform } from "../core/platform.ts";
import type { BaseImages } from "./base-images.ts";
import type { ParsedDockerfile } from "./dockerfile/ast.ts";
import { resolveDockerfile } from "./dockerfile/resolve/resolve.ts";
import type { ResolvedDockerfile, ResolveOptions } from "./dockerfile/resolved.ts";
import type { BuildEvent } from "./events.ts";
import { contextsByName } from "./layout-images.ts";
import type { BuildRequest } from "./types.ts";

export interface Resolving {
  readonly request: BuildRequest;
  /** Loads what stages begin with. */
  readonly images: BaseImages;
  /** Told what the checks find. */
  readonly report: (event: BuildEvent) => void;
}

/** Gives a Dockerfile the meaning that a request asks for: its arguments, target, platform and named contexts. Rejects as resolveDockerfile(). */
export async function resolveRequest(
  parsed: ParsedDockerfile,
  { request, images, report }: Resolving,
  options: Pick<ResolveOptions, "isIgnored" | "allStages">,
): Promise<ResolvedDockerfile> {
  const { dockerfile, buildArgs, labels, target, platforms, contexts = {}, showPlatform = false } = request;
  const [platform] = platforms ?? [];
  const { name: file } = dockerfile;
  return resolveDockerfile(parsed, {
    buildArgs: new Map(Object.entries(buildArgs)),
    buildPlatform: hostPlatform(),
    labels,
    ...options,
    contexts: contextsByName(contexts),
    ...(target === undefined ? {} : { target }),
    ...(platform === undefined ? {} : { targetPlatform: platform }),
    showPlatform,
    loadImage: (reference, wanted) => images.load(reference, wanted),
    warn: ({ message, rule, url, lines: { first, last } }) =>
      report({ type: "warning", message, rule, url, at: { file, line: first, endLine: last } }),
  });
}
