import { isCode } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import type { Pruned } from "../storage/registry-metadata.ts";
import type { Reclaimed, RegistryStorage } from "../storage/registry-storage.ts";
import { compileRetention, type RetentionRule } from "./retention.ts";

export interface CollectOptions extends Abortable {
  /** Nothing younger is touched: it may belong to a push under way. */
  readonly graceMs: number;
  /** How long an upload may rest, and how long a blob waits for its manifest while its repository is being pushed to. */
  readonly uploadMs: number;
  /** How long a copy from an upstream stays that nobody uses; for ever when absent. */
  readonly unusedMs?: number;
  /** Also manifests that no tag, index or subject keeps. */
  readonly untagged: boolean;
  /** Which tags grow old, and when. */
  readonly retention?: readonly RetentionRule[];
  /** Says what would be done. */
  readonly dryRun: boolean;
}
export interface RegistryCollected extends Reclaimed {
  readonly pruned: readonly Pruned[];
  /** Uploads given up, by their ids. */
  readonly uploads: readonly string[];
}

/**
 * Takes out of the registry what nothing needs: uploads nobody goes on with, tags that rules of retention let go, blobs no manifest names, then their bytes. Requests go on beside it:
 * each step is a transaction that respects holds and the grace period.
 */
export async function collectRegistry(
  storage: RegistryStorage,
  options: CollectOptions,
  now: Date = new Date(),
): Promise<RegistryCollected> {
  const { graceMs, uploadMs, unusedMs, untagged, dryRun, signal, retention: rules = [] } = options;
  const before = new Date(now.getTime() - graceMs);
  const abandoned = new Date(now.getTime() - Math.max(uploadMs, graceMs));
  const uploads = await expireUploads(storage, new Date(now.getTime() - uploadMs), dryRun);
  signal?.throwIfAborted();
  const retention = rules.length === 0 ? {} : { retention: compileRetention(rules, now) };
  const unused = unusedMs === undefined ? {} : { unused: new Date(now.getTime() - unusedMs) };
  const limits = { before, abandoned, ...unused, ...retention };
  const pruned = await storage.metadata.prune({ ...limits, untagged, dryRun });
  const reclaimed = await storage.reclaim({ before, dryRun, ...(signal === undefined ? {} : { signal }) });
  return { ...reclaimed, pruned, uploads };
}

/** Those with a record, and files of requests that died before they made one. */
async function expireUploads(
  { blobs, metadata }: RegistryStorage,
  before: Date,
  dryRun: boolean,
): Promise<readonly string[]> {
  const stale = new Set((await metadata.staleUploads(before)).map(({ id }) => id));
  for await (const { upload, touched } of blobs.uploads())
    if (touched < before && (await metadata.upload(upload)) === undefined) stale.add(upload);
  if (dryRun) return [...stale];
  const expired: string[] = [];
  for (const id of stale) {
    try {
      await blobs.abort(id);
    } catch (error) {
      if (isCode(error, "UPLOAD_BUSY") || isCode(error, "UPLOAD_UNKNOWN")) continue;
      throw error;
    }
    await metadata.deleteUpload(id);
    expired.push(id);
  }
  return expired;
}
