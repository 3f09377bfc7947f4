import { parseDigest } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import type { Handler } from "../call.ts";
import { isUnchanged, selectRange } from "../conditions.ts";
import { type Parts, repositoryOf } from "../parts.ts";

/** What a digest names never changes. */
const CACHE_CONTROL = "public, max-age=31536000, immutable";

/** end-2. A blob is seen from the repositories it was pushed to or mounted in, and from no other. */
export const getBlob =
  ({ storage: { blobs, metadata } }: Parts): Handler =>
  async ({ method, headers, target }) => {
    const digest = parseDigest(target.reference);
    const known = await metadata.blob(repositoryOf(target), digest);
    const blob = known && (await blobs.stat(digest));
    if (blob === undefined) throw new Failure("BLOB_UNKNOWN", { digest });
    const common = {
      "docker-content-digest": digest,
      etag: `"${digest}"`,
      "cache-control": CACHE_CONTROL,
      "accept-ranges": "bytes",
      "content-type": "application/octet-stream",
    };
    if (isUnchanged(headers, digest)) return { status: 304, headers: common };
    const applies = headers["if-range"] === undefined || headers["if-range"] === `"${digest}"`;
    const range = applies ? selectRange(headers.range, blob.size) : undefined;
    if (range === "unsatisfiable")
      throw new Failure("RANGE_INVALID", { range: headers.range ?? "", size: blob.size });
    const { start, end } = range ?? { start: 0, end: blob.size };
    const sized = {
      ...common,
      "content-length": end - start,
      ...(range === undefined ? {} : { "content-range": `bytes ${start}-${end - 1}/${blob.size}` }),
    };
    const status = range === undefined ? 200 : 206;
    if (method === "HEAD") await metadata.touchBlob(repositoryOf(target), digest);
    if (method === "HEAD" || end === start) return { status, headers: sized };
    return { status, headers: sized, body: await blobs.read(digest, { start, end }) };
  };

/** end-10. Other repositories keep theirs. */
export const deleteBlob =
  ({ storage: { metadata } }: Parts): Handler =>
  async ({ target }) => {
    const digest = parseDigest(target.reference);
    if (!(await metadata.unlinkBlob(repositoryOf(target), digest)))
      throw new Failure("BLOB_UNKNOWN", { digest });
    return { status: 202 };
  };
