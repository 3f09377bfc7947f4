import type { BaseImages } from "./base-images.ts";
import type { ParsedDockerfile } from "./dockerfile/ast.ts";
import type { ResolvedDockerfile } from "./dockerfile/resolved.ts";
import type { BuildEvent } from "./events.ts";
import { makePlan } from "./plan/make-plan.ts";
import type { Plan } from "./plan/step.ts";
import { uncachedStages } from "./plan/uncached-stages.ts";
import { writtenInstructions } from "./plan/written-instructions.ts";
import type { BuildRequest } from "./types.ts";

interface Planning {
  readonly request: BuildRequest;
  readonly parsed: ParsedDockerfile;
  /** All that the Dockerfile begins with or copies from is loaded. */
  readonly images: BaseImages;
  readonly report: (event: BuildEvent) => void;
}

/** The steps that a request asks for, which are reported as they are written. Throws as makePlan(). */
export function planRequest(
  resolved: ResolvedDockerfile,
  { request, parsed, images, report }: Planning,
): Plan {
  const { network, extraHosts, allow = [], noCacheStages = [], buildArgs } = request;
  const { BUILDKIT_CACHE_MOUNT_NS: cacheNamespace = "", BUILDKIT_SANDBOX_HOSTNAME: hostname } = buildArgs;
  const plan = makePlan(resolved, {
    imageOf: ({ reference, platform }) => images.get(reference, platform),
    network,
    extraHosts,
    cacheNamespace,
    allow,
    uncached: uncachedStages(noCacheStages, parsed, (message) => report({ type: "warning", message })),
    ...(hostname === undefined ? {} : { hostname }),
  });
  report({ type: "instructions", list: writtenInstructions(parsed, resolved, plan) });
  return plan;
}
