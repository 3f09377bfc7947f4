import { Failure, isCode } from "../../core/errors.ts";
import type { Answer, Call, Handler, Layer } from "../server/call.ts";
import type { RegistryStorage } from "../storage/registry-storage.ts";
import type { BlobFills, Wanted } from "./blob-fills.ts";
import { fetchedBlob } from "./fetched-blob.ts";
import type { ManifestCache } from "./manifest-cache.ts";
import { remoteName } from "./proxies.ts";
import type { Upstream } from "./upstream.ts";
import { upstreamReferrers, upstreamTags } from "./upstream-listings.ts";

export interface Cache {
  readonly prefix: string;
  readonly upstream: Upstream;
}
export interface ProxyParts {
  readonly storage: RegistryStorage;
  readonly manifests: ManifestCache;
  readonly fills: BlobFills;
}

type Route = (parts: ProxyParts, call: Call, wanted: Wanted) => (next: Handler) => Promise<Answer>;

/** distribution-spec: 299 is the only code, and a registry has no name to give. */
const warning = (text: string) => ({ warning: `299 - "${text.replaceAll(/["\\\p{Cc}]/gu, "'")}"` });

const withWarning = (answer: Answer, stale: string | undefined): Answer =>
  stale === undefined ? answer : { ...answer, headers: { ...answer.headers, ...warning(stale) } };

const manifest: Route =
  ({ manifests }, call, wanted) =>
  async (next) => {
    const { stale } = await manifests.refresh(wanted, call.target.reference);
    return withWarning(await next(call), stale);
  };

const blob: Route = (parts, call, wanted) => async (next) =>
  (await fetchedBlob(parts, call, wanted)) ?? next(call);

/** What was listed before, when the upstream cannot be asked. */
const orLocal =
  (list: (call: Call, wanted: Wanted) => Promise<Answer>): Route =>
  (_parts, call, wanted) =>
  async (next) => {
    try {
      return await list(call, wanted);
    } catch (error) {
      if (!isCode(error, "UPSTREAM_UNAVAILABLE")) throw error;
      const answer = await next(call);
      if (answer.status !== 200) throw error;
      return withWarning(answer, error.message);
    }
  };

/** The routes of a repository whose answers the upstream decides. */
const ROUTES: Readonly<Record<string, Route>> = {
  manifest,
  blob,
  tags: orLocal(upstreamTags),
  referrers: orLocal(upstreamReferrers),
};

/**
 * Makes the repositories below a prefix copies of an upstream's: what is asked for and not here is fetched, kept and given out at the same time.
 * Nothing is pushed to them; deleting takes something out of the cache. It stands next to the handlers, as they serve what is here by then.
 */
export function proxying(caches: readonly Cache[], parts: ProxyParts): Layer {
  return (next) => async (call) => {
    const { repository, action, route } = call.target;
    const wanted = repository === undefined ? undefined : find(caches, repository);
    if (wanted === undefined) return next(call);
    if (action === "push")
      throw new Failure("REPOSITORY_PROXIED", {
        repository: wanted.repository,
        upstream: wanted.upstream.name,
      });
    const ask = action === "pull" ? ROUTES[route] : undefined;
    return ask === undefined ? next(call) : ask(parts, call, wanted)(next);
  };
}

function find(caches: readonly Cache[], repository: string): Wanted | undefined {
  for (const { prefix, upstream } of caches) {
    const remote = remoteName(prefix, repository);
    if (remote !== undefined) return { repository, remote, upstream };
  }
  return undefined;
}
