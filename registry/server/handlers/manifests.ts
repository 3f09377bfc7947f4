import { algorithmOf, type Digest, digestOf, isDigest } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import type { ManifestRecord } from "../../storage/registry-metadata.ts";
import type { Answer, Call, Handler } from "../call.ts";
import { isUnchanged } from "../conditions.ts";
import { readManifest } from "../manifest-document.ts";
import { checkTag, lookUpReference, parseManifestReference } from "../names.ts";
import { type Parts, repositoryOf } from "../parts.ts";
import { readSmallBody } from "../small-body.ts";
import { shareBlobs } from "./share.ts";

/** distribution-spec: registries should take manifests of at least 4 megabytes. */
export const MANIFEST_LIMIT = 4 << 20;

/** end-3. */
export const getManifest =
  ({ storage, documents }: Parts): Handler =>
  async (call) => {
    const repository = repositoryOf(call.target);
    const { reference } = call.target;
    const record = await findManifest(storage.metadata, repository, reference);
    if (record === undefined) throw new Failure("MANIFEST_UNKNOWN", { repository, reference });
    const headers = {
      "content-type": record.mediaType,
      "docker-content-digest": record.digest,
      etag: `"${record.digest}"`,
    };
    if (isUnchanged(call.headers, record.digest)) return { status: 304, headers };
    const sized = { ...headers, "content-length": record.size };
    if (call.method !== "HEAD") return { status: 200, headers: sized, body: await documents.read(record) };
    // Who asks for a digest may go on to push an index that names it.
    const stays = !isDigest(reference) || (await storage.metadata.touchManifest(repository, record.digest));
    if (!stays) throw new Failure("MANIFEST_UNKNOWN", { repository, reference });
    return { status: 200, headers: sized };
  };

async function findManifest(
  metadata: Parts["storage"]["metadata"],
  repository: string,
  text: string,
): Promise<ManifestRecord | undefined> {
  const reference = lookUpReference(text);
  if (reference === undefined) return undefined;
  return "tag" in reference
    ? metadata.manifestByTag(repository, reference.tag)
    : metadata.manifest(repository, reference.digest);
}

/** end-7a, end-7b. */
export const putManifest =
  (parts: Parts): Handler =>
  async (call) => {
    const { storage, sparse } = parts;
    const { blobs, metadata } = storage;
    const repository = repositoryOf(call.target);
    const reference = parseManifestReference(call.target.reference);
    const tags = "tag" in reference ? [reference.tag] : call.query.getAll("tag").map(checkTag);
    const content = await readDocument(call);
    const algorithm = "tag" in reference ? "sha256" : algorithmOf(reference.digest);
    const digest = digestOf(content, algorithm);
    if ("digest" in reference && reference.digest !== digest)
      throw new Failure("DIGEST_MISMATCH", { want: reference.digest, got: digest });
    const manifest = readManifest(content, call.headers["content-type"]);
    await shareBlobs(parts, call, { manifest: digest, blobs: manifest.blobs });
    // Asked again with the transaction that counts; here so that nothing is written for a manifest that cannot be.
    const missing = sparse ? [] : await metadata.missingBlobs(repository, manifest.blobs);
    if (missing.length > 0) throw new Failure("MANIFEST_BLOB_UNKNOWN", { repository, digests: missing });
    await using _hold = await metadata.hold([digest]);
    await blobs.put(content, algorithm);
    await metadata.putManifest(repository, { ...manifest, digest, size: content.byteLength, tags, sparse });
    return created(repository, digest, { tags, subject: manifest.subject });
  };

function created(
  repository: string,
  digest: Digest,
  { tags, subject }: { readonly tags: readonly string[]; readonly subject: Digest | undefined },
): Answer {
  return {
    status: 201,
    headers: {
      location: `/v2/${repository}/manifests/${digest}`,
      "docker-content-digest": digest,
      ...(subject === undefined ? {} : { "oci-subject": subject }),
      ...(tags.length === 0 ? {} : { "oci-tag": tags.join(", ") }),
    },
  };
}

async function readDocument(call: Call): Promise<Buffer> {
  const tooLarge = new Failure("MANIFEST_TOO_LARGE", { limit: MANIFEST_LIMIT });
  if (Number(call.headers["content-length"] ?? 0) > MANIFEST_LIMIT) throw tooLarge;
  try {
    return await readSmallBody(call, MANIFEST_LIMIT);
  } catch (error) {
    throw error instanceof RangeError ? tooLarge : error;
  }
}

/** end-9. A tag goes alone; a digest takes all tags that name it along. */
export const deleteManifest =
  ({ storage: { metadata } }: Parts): Handler =>
  async ({ target }) => {
    const repository = repositoryOf(target);
    const reference = lookUpReference(target.reference);
    const found =
      reference !== undefined &&
      ("tag" in reference
        ? await metadata.deleteTag(repository, reference.tag)
        : await metadata.deleteManifest(repository, reference.digest));
    if (!found) throw new Failure("MANIFEST_UNKNOWN", { repository, reference: target.reference });
    return { status: 202 };
  };
