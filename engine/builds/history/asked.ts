import type { BuildRequest } from "../../../builder/types.ts";
import { formatPlatform } from "../../../core/platform.ts";
import { withoutPassword } from "../../../core/url-password.ts";
import type { BuildAsked } from "../../build-history-api.ts";

/** What the history keeps of a request. Passwords in URLs go. */
export function askedOf(request: BuildRequest): BuildAsked {
  const { target, platforms = [], contexts = {}, dockerfile, noCacheStages = [] } = request;
  const named = Object.entries(contexts).map(([name, context]) => [name, placeOf(context)] as const);
  return {
    context: withoutPassword(request.origin ?? request.context),
    dockerfile: dockerfile.name,
    ...(target === undefined ? {} : { target }),
    ...(platforms.length === 0 ? {} : { platform: platforms.map(formatPlatform).join(",") }),
    tags: request.tags,
    buildArgs: request.buildArgs,
    labels: request.labels,
    namedContexts: Object.fromEntries(named),
    network: request.network,
    extraHosts: request.extraHosts,
    noCache: request.noCache,
    ...(noCacheStages.length === 0 ? {} : { noCacheStages }),
    pull: request.pull,
  };
}

function placeOf(context: NonNullable<BuildRequest["contexts"]>[string]): string {
  if (context.kind === "layout") return `oci-layout@${context.layout.digest}`;
  return context.kind === "directory" ? context.path : context.reference;
}
