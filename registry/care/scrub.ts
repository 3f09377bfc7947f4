import { createHash } from "node:crypto";
import { algorithmOf, type Digest, finishDigest } from "../../core/digest.ts";
import { isCode } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import type { ContentKey, ContentRow } from "../storage/registry-metadata.ts";
import type { RegistryStorage } from "../storage/registry-storage.ts";

export interface ScrubReport {
  readonly manifests: number;
  readonly blobs: number;
  /** Bytes read. */
  readonly bytes: number;
  /** One line each: the repository, the digest, what is wrong. */
  readonly problems: readonly string[];
}

const PAGE = 500;

/** Reads every blob and manifest again, and looks whether all that manifests name is there. Changes nothing; pushes and deletes go on beside it. */
export async function scrubRegistry(storage: RegistryStorage, options: Abortable = {}): Promise<ScrubReport> {
  const problems: string[] = [];
  const counts = { manifest: 0, blob: 0 };
  let bytes = 0;
  const verified = new Map<Digest, string | undefined>();
  for await (const row of rows(storage)) {
    options.signal?.throwIfAborted();
    counts[row.kind] += 1;
    if (!verified.has(row.digest)) {
      verified.set(row.digest, await wrongWith(storage, row, options));
      bytes += row.size;
    }
    const wrong = verified.get(row.digest);
    const missing = await storage.metadata.missingBlobs(row.repository, row.references);
    const found = [
      ...(wrong === undefined ? [] : [wrong]),
      ...missing.map((digest) => `names ${digest}, which is not there`),
    ];
    if (found.length === 0 || !(await isStillThere(storage, row))) continue;
    problems.push(...found.map((what) => `${row.repository}: ${row.kind} ${row.digest}: ${what}`));
  }
  return { manifests: counts.manifest, blobs: counts.blob, bytes, problems };
}

async function* rows({ metadata }: RegistryStorage): AsyncGenerator<ContentRow> {
  for (let after: ContentKey | undefined; ; ) {
    const page: readonly ContentRow[] = await metadata.everything(after, PAGE);
    yield* page;
    after = page.at(-1);
    if (after === undefined) return;
  }
}

async function wrongWith(
  { blobs }: RegistryStorage,
  { digest, size }: ContentRow,
  { signal }: Abortable,
): Promise<string | undefined> {
  const algorithm = algorithmOf(digest);
  const hash = createHash(algorithm);
  let got = 0;
  try {
    for await (const chunk of await blobs.read(digest)) {
      signal?.throwIfAborted();
      got += (chunk as Buffer).byteLength;
      hash.update(chunk as Buffer);
    }
  } catch (error) {
    if (isCode(error, "BLOB_UNKNOWN")) return "its bytes are missing";
    throw error;
  }
  if (got !== size) return `has ${got} bytes, expected ${size}`;
  const real = finishDigest(hash, algorithm);
  return real === digest ? undefined : `its bytes have the digest ${real}`;
}

/** What was deleted meanwhile is no problem. */
async function isStillThere({ metadata }: RegistryStorage, row: ContentRow): Promise<boolean> {
  const { repository, digest, kind } = row;
  const found =
    kind === "blob" ? await metadata.blob(repository, digest) : await metadata.manifest(repository, digest);
  return found !== undefined;
}
