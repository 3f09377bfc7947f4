import type { IncomingHttpHeaders } from "node:http";
import { type Digest, parseDigest } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import type { BlobInfo } from "../../../store/content-store.ts";
import type { Answer, Call, Handler } from "../call.ts";
import { isUnchanged, selectRange } from "../conditions.ts";
import { type Parts, repositoryOf } from "../parts.ts";

/** What a digest names never changes. */
const CACHE_CONTROL = "public, max-age=31536000, immutable";

/** Below it, opening a file costs more than its bytes. */
const SMALL = 64 << 10;

/** end-2. A blob is seen from the repositories it was pushed to or mounted in, and from no other. */
export const getBlob =
  (parts: Parts): Handler =>
  async (call) => {
    const { headers, target } = call;
    const digest = parseDigest(target.reference);
    const blob = await parts.storage.metadata.blob(repositoryOf(target), digest);
    if (blob === undefined) throw new Failure("BLOB_UNKNOWN", { digest });
    const part = partOf(headers, blob);
    if (part === "unchanged") return { status: 304, headers: blobHeaders(digest) };
    const body = await (call.method === "HEAD" ? confirm(parts, call, blob) : bytesOf(parts, blob, part));
    const { status, headers: sized } = part;
    return { status, headers: sized, ...(body === undefined ? {} : { body }) };
  };

export const blobHeaders = (digest: Digest) => ({
  "docker-content-digest": digest,
  etag: `"${digest}"`,
  "cache-control": CACHE_CONTROL,
  "accept-ranges": "bytes",
  "content-type": "application/octet-stream",
});

export interface BlobPart {
  readonly status: 200 | 206;
  readonly headers: NonNullable<Answer["headers"]>;
  /** Half open, in bytes. */
  readonly start: number;
  readonly end: number;
}

/** What of a blob a request asks for. Throws RANGE_INVALID. */
export function partOf(headers: IncomingHttpHeaders, { digest, size }: BlobInfo): BlobPart | "unchanged" {
  if (isUnchanged(headers, digest)) return "unchanged";
  const applies = headers["if-range"] === undefined || headers["if-range"] === `"${digest}"`;
  const range = applies ? selectRange(headers.range, size) : undefined;
  if (range === "unsatisfiable") throw new Failure("RANGE_INVALID", { range: headers.range ?? "", size });
  const { start, end } = range ?? { start: 0, end: size };
  const sized = { ...blobHeaders(digest), "content-length": end - start };
  if (range === undefined) return { status: 200, headers: sized, start, end };
  return {
    status: 206,
    headers: { ...sized, "content-range": `bytes ${start}-${end - 1}/${size}` },
    start,
    end,
  };
}

/** A client that asks whether a blob is there will not send it: so it must be, and stay until the manifest comes. */
async function confirm(
  { storage: { blobs, metadata } }: Parts,
  { target }: Call,
  { digest }: BlobInfo,
): Promise<undefined> {
  const isThere =
    (await blobs.stat(digest)) !== undefined && (await metadata.touchBlob(repositoryOf(target), digest));
  if (!isThere) throw new Failure("BLOB_UNKNOWN", { digest });
}

async function bytesOf(
  { storage: { blobs }, documents }: Parts,
  blob: BlobInfo,
  range: { readonly start: number; readonly end: number },
): Promise<Answer["body"]> {
  if (blob.size <= SMALL) return (await documents.read(blob)).subarray(range.start, range.end);
  if (blobs.path === undefined) return blobs.read(blob.digest, range);
  return { path: await blobs.path(blob.digest), ...range };
}

/** end-10. Other repositories keep theirs. */
export const deleteBlob =
  ({ storage: { metadata } }: Parts): Handler =>
  async ({ target }) => {
    const digest = parseDigest(target.reference);
    if (!(await metadata.unlinkBlob(repositoryOf(target), digest)))
      throw new Failure("BLOB_UNKNOWN", { digest });
    return { status: 202 };
  };
