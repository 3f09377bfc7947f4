import { algorithmOf, hexOf, parseDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { parseManifest } from "../../image/manifest.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import type { Answer, Call } from "../server/call.ts";
import { json, listNames } from "../server/handlers/listings.ts";
import type { Wanted } from "./blob-fills.ts";
import { upstreamFailure } from "./upstream-failure.ts";

/** The tags an upstream has, in pages of ours. */
export async function upstreamTags(call: Call, { repository, remote, upstream }: Wanted): Promise<Answer> {
  const found = await upstream.tags(remote, { signal: call.signal });
  if (found === undefined) throw new Failure("REPOSITORY_UNKNOWN", { name: repository });
  const sorted = [...new Set(found)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return listNames(
    call,
    async ({ last = "", limit }) => sorted.filter((tag) => tag > last).slice(0, limit),
    (tags) => ({ name: repository, tags }),
  );
}

/** What refers to a manifest upstream, all of it: the list of an upstream that has none is under a tag (distribution-spec, "Referrers Tag Schema"). */
export async function upstreamReferrers(call: Call, wanted: Wanted): Promise<Answer> {
  const digest = parseDigest(call.target.reference);
  const { remote, upstream } = wanted;
  const listed = await upstream.referrers(remote, digest, { signal: call.signal });
  const all = listed ?? (await taggedReferrers(call, wanted));
  const artifactType = call.query.get("artifactType") ?? "";
  const manifests = artifactType === "" ? all : all.filter((item) => typeOf(item) === artifactType);
  return json(
    { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests },
    {
      "content-type": MEDIA_TYPES.index,
      ...(artifactType === "" ? {} : { "oci-filters-applied": "artifactType" }),
    },
  );
}

async function taggedReferrers(
  { target, signal }: Call,
  { remote, upstream }: Wanted,
): Promise<readonly unknown[]> {
  const digest = parseDigest(target.reference);
  const tag = `${algorithmOf(digest)}-${hexOf(digest).slice(0, 64)}`;
  const found = await upstream.manifest(remote, tag, { signal });
  if (found === undefined) return [];
  try {
    const index = parseManifest(found.raw, found.mediaType);
    return index.kind === "index" ? index.manifests : [];
  } catch (error) {
    throw upstreamFailure(upstream.name, error);
  }
}

const typeOf = (item: unknown): unknown =>
  typeof item === "object" && item !== null && "artifactType" in item ? item.artifactType : undefined;
