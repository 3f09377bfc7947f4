import type { Descriptor } from "../../../core/descriptor.ts";
import type { Digest } from "../../../core/digest.ts";
import { type Abortable, streamOf } from "../../../core/streams.ts";
import { referrerOf } from "../../../image/attestations/statement.ts";
import type { RawManifest, Repository } from "../repository.ts";
import { linkByTag } from "./link-by-tag.ts";
import { shortDigest } from "./pull-layers.ts";
import { pushBlob } from "./push-blob.ts";
import type { PushParts } from "./push-layer.ts";

/**
 * Sends what is attested of an image, as referrers of the manifest it has in the repository. A registry that does not list referrers itself gets
 * the list under the tag that clients look for then.
 */
export async function pushAttestations(
  { store, repository, report }: Pick<PushParts, "store" | "repository" | "report">,
  { image, manifest }: { readonly image: Digest; readonly manifest: RawManifest },
  options: Abortable = {},
): Promise<void> {
  const { mediaType, digest, raw } = manifest;
  const subject: Descriptor = { mediaType, digest, size: raw.byteLength };
  const unlinked: Descriptor[] = [];
  for (const { kind, ...predicate } of await store.attestations.read(image)) {
    const referrer = referrerOf(subject, predicate);
    for (const blob of [referrer.config, referrer.statement]) await sendBlob(repository, blob, options);
    const { blob, raw: bytes } = referrer.manifest;
    const sent = { raw: bytes, mediaType: blob.mediaType, digest: blob.digest };
    const { linked } = await repository.putManifest(blob.digest, sent, options);
    if (!linked) unlinked.push(blob);
    report({ id: shortDigest(blob.digest), status: `Pushed ${kind}` });
  }
  if (unlinked.length > 0) await linkByTag(repository, subject.digest, unlinked, options);
}

const sendBlob = (
  repository: Repository,
  { blob, raw }: { readonly blob: Descriptor; readonly raw: Buffer },
  options: Abortable,
) => pushBlob(repository, { blob, open: () => streamOf(raw) }, options);
