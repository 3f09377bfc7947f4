import type { Database } from "better-sqlite3";
import type { Digest } from "../../../core/digest.ts";
import { query, transact } from "../../../store/database.ts";
import type { Pruned, PruneOptions, TagRecord } from "../registry-metadata.ts";

interface Row {
  readonly repository: string;
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Manifests nobody reaches: not tagged, not named by an index that stays, not referring to a subject that stays. The recursion follows names and
 * subjects by (repository, digest); UNION ends it on cycles, which sparse indexes and subjects that are still missing allow.
 */
const UNTAGGED = `
  WITH RECURSIVE kept (repository, digest) AS (
    SELECT repository, digest FROM registry_tags
    UNION SELECT repository, digest FROM registry_manifests WHERE pushed >= :before
    UNION SELECT r.repository, r.digest FROM registry_references AS r
      JOIN kept ON kept.repository = r.repository AND kept.digest = r.manifest WHERE r.kind = 'manifest'
    UNION SELECT m.repository, m.digest FROM registry_manifests AS m
      JOIN kept ON kept.repository = m.repository AND kept.digest = m.subject
  )
  SELECT repository, digest, size FROM registry_manifests
  WHERE (repository, digest) NOT IN (SELECT repository, digest FROM kept) ORDER BY repository, digest`;

/** An index lives as long as one of its manifests, which is what clients go on to use. */
const UNUSED = `
  WITH caches AS (
    SELECT m.repository, m.digest, size, pushed FROM registry_manifests AS m
    JOIN registry_repositories AS r ON r.name = m.repository AND r.upstream IS NOT NULL
  )
  SELECT repository, digest, size FROM caches AS m WHERE pushed < :unused AND NOT EXISTS (
    SELECT 1 FROM registry_references AS r JOIN caches AS c ON c.repository = r.repository AND c.digest = r.digest
    WHERE r.repository = m.repository AND r.manifest = m.digest AND r.kind = 'manifest' AND c.pushed >= :unused
  ) ORDER BY repository, digest`;

const UNNAMED = `
  WITH busy (repository) AS (
    SELECT repository FROM registry_uploads WHERE touched >= :before
    UNION SELECT repository FROM registry_blobs WHERE awaited = 1 AND linked >= :before
  )
  SELECT repository, digest, size FROM registry_blobs AS b
  WHERE linked < :before AND NOT EXISTS
    (SELECT 1 FROM registry_references AS r
     WHERE r.repository = b.repository AND r.digest = b.digest AND kind = 'blob')
    AND (awaited = 0 OR linked < :abandoned OR repository NOT IN (SELECT repository FROM busy))
  ORDER BY repository, digest`;

class DryRun extends Error {}

/** A dry run does the same and takes it back: what it says is what would happen, blobs of pruned manifests included. */
export function prune(database: Database, options: PruneOptions): readonly Pruned[] {
  let found: readonly Pruned[] = [];
  try {
    transact(database, () => {
      found = pruneNow(database, options);
      if (options.dryRun) throw new DryRun();
    });
  } catch (error) {
    if (!(error instanceof DryRun)) throw error;
  }
  return found;
}

function pruneNow(database: Database, options: PruneOptions): readonly Pruned[] {
  const { before, abandoned, unused } = options;
  const parameters = { before: before.getTime(), abandoned: abandoned.getTime() };
  query(database, "DELETE FROM registry_holds WHERE until < ?").run(Date.now());
  const tags = expireTags(database, options);
  const evicted = unused === undefined ? [] : query<Row>(database, UNUSED).all({ unused: unused.getTime() });
  deleteManifests(database, evicted);
  const manifests = untaggedManifests(database, options);
  deleteManifests(database, manifests);
  const blobs = query<Row>(database, UNNAMED).all(parameters);
  for (const { repository, digest } of blobs)
    query(database, "DELETE FROM registry_blobs WHERE repository = ? AND digest = ?").run(repository, digest);
  const since = before.toISOString();
  return [
    ...tags,
    ...evicted.map((row) => ({
      ...row,
      kind: "manifest" as const,
      why: `nobody has used this copy since ${unused?.toISOString()}`,
    })),
    ...manifests.map((row) => ({
      ...row,
      kind: "manifest" as const,
      why: `no tag, index or subject keeps it, and it was pushed before ${since}`,
    })),
    ...blobs.map((row) => ({
      ...row,
      kind: "blob" as const,
      why: `no manifest of the repository names it, and it was pushed before ${since}`,
    })),
  ];
}

function untaggedManifests(
  database: Database,
  { before, untagged, retention }: PruneOptions,
): readonly Row[] {
  if (!untagged && retention === undefined) return [];
  const found = query<Row>(database, UNTAGGED).all({ before: before.getTime() });
  return untagged ? found : found.filter(({ repository }) => retention?.(repository) !== undefined);
}

/** Decided and done in one transaction: no push of a tag comes between. */
function expireTags(database: Database, { before, retention }: PruneOptions): readonly Pruned[] {
  if (retention === undefined) return [];
  const names = query<{ readonly name: string }>(database, "SELECT name FROM registry_repositories").all();
  return names.flatMap(({ name: repository }) => {
    const retain = retention(repository);
    if (retain === undefined) return [];
    return retain(tagsOf(database, repository))
      .filter(({ updated }) => updated < before)
      .map(({ name, digest, why }) => {
        const sql = "DELETE FROM registry_tags WHERE repository = ? AND name = ?";
        query(database, sql).run(repository, name);
        return { repository, kind: "tag" as const, tag: name, digest, size: 0, why };
      });
  });
}

const tagsOf = (database: Database, repository: string): readonly TagRecord[] =>
  query<{ readonly name: string; readonly digest: Digest; readonly updated: number }>(
    database,
    "SELECT name, digest, updated FROM registry_tags WHERE repository = ?",
  )
    .all(repository)
    .map((row) => ({ ...row, updated: new Date(row.updated) }));

function deleteManifests(database: Database, rows: readonly Row[]): void {
  for (const { repository, digest } of rows)
    query(database, "DELETE FROM registry_manifests WHERE repository = ? AND digest = ?").run(
      repository,
      digest,
    );
}
