import { Readable } from "node:stream";
import { type Digest, parseDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import type { Answer, Call } from "../server/call.ts";
import { blobHeaders, partOf } from "../server/handlers/blobs.ts";
import type { BlobFill } from "./blob-fill.ts";
import type { Wanted } from "./blob-fills.ts";
import type { ProxyParts } from "./proxying.ts";

/** The answer for a blob that is not here yet; undefined when it is. */
export async function fetchedBlob(
  { storage, fills }: Pick<ProxyParts, "storage" | "fills">,
  call: Call,
  wanted: Wanted,
): Promise<Answer | undefined> {
  const digest = parseDigest(call.target.reference);
  if ((await storage.metadata.blob(wanted.repository, digest)) !== undefined) return undefined;
  if (call.method === "HEAD") return headOf(wanted, digest, call);
  const fill = await fills.open(wanted, digest);
  if (fill === undefined) throw new Failure("BLOB_UNKNOWN", { digest });
  return fill === "stored" ? undefined : following(fill, digest, call);
}

/** Asking whether a blob is there fetches nothing. */
async function headOf({ upstream, remote }: Wanted, digest: Digest, { headers }: Call): Promise<Answer> {
  const found = await upstream.headBlob(remote, digest, {});
  if (found === undefined) throw new Failure("BLOB_UNKNOWN", { digest });
  if (found.size === undefined) return { status: 200, headers: blobHeaders(digest) };
  const part = partOf(headers, { digest, size: found.size });
  if (part === "unchanged") return { status: 304, headers: blobHeaders(digest) };
  return { status: part.status, headers: part.headers };
}

function following(fill: BlobFill, digest: Digest, { headers }: Call): Answer {
  if (fill.size === undefined) {
    const { "accept-ranges": _, ...unsized } = blobHeaders(digest);
    return { status: 200, headers: unsized, body: streamOf(fill, { start: 0 }) };
  }
  const part = partOf(headers, { digest, size: fill.size });
  if (part === "unchanged") return { status: 304, headers: blobHeaders(digest) };
  return { status: part.status, headers: part.headers, body: streamOf(fill, part) };
}

const streamOf = (fill: BlobFill, range: { readonly start: number; readonly end?: number }): Readable =>
  Readable.from(fill.read(range), { objectMode: false });
