import type { Descriptor } from "../../../core/descriptor.ts";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import type { Abortable } from "../../../core/streams.ts";
import { parseManifest } from "../../../image/manifest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import type { Repository } from "../repository.ts";

/** distribution-spec, "Referrers Tag Schema". */
export const referrersTag = (subject: Digest): string => subject.replace(":", "-");

/**
 * Adds manifests to the list of referrers of `subject` that a registry without one of its own has under a tag. What others wrote there stays; of two
 * that write at the same time the later one wins, as the specification has no remedy for that.
 */
export async function linkByTag(
  repository: Repository,
  subject: Digest,
  referrers: readonly Descriptor[],
  options: Abortable = {},
): Promise<void> {
  const tag = referrersTag(subject);
  const there = await repository.manifest(tag, options);
  const known = there === undefined ? [] : entriesOf(there.raw, tag);
  const had = new Set(known.map(({ digest }) => digest));
  const added = referrers.filter(({ digest }) => !had.has(digest));
  if (added.length === 0) return;
  const mediaType = MEDIA_TYPES.index;
  const raw = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [...known, ...added] }));
  await repository.putManifest(tag, { raw, mediaType, digest: digestOf(raw) }, options);
}

/** As they are, with fields that are not known here. */
function entriesOf(raw: Buffer, tag: string): readonly { readonly digest?: unknown }[] {
  if (parseManifest(raw).kind !== "index")
    throw new Failure("MANIFEST_INVALID", {
      why: `the tag ${tag} is for a list of referrers, and names an image`,
    });
  const { manifests } = JSON.parse(raw.toString("utf8")) as {
    readonly manifests?: readonly { readonly digest?: unknown }[] | null;
  };
  return manifests ?? [];
}
