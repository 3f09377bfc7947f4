import type { Database } from "better-sqlite3";
import type { Digest } from "../core/digest.ts";
import type { Abortable } from "../core/streams.ts";
import type { FileContentStore } from "./content/file-content-store.ts";
import { durably, query } from "./database.ts";
import type { Snapshotter } from "./snapshotter.ts";
import type { Collected, Leases } from "./types.ts";

export interface CollectParts {
  readonly database: Database;
  readonly content: FileContentStore;
  readonly snapshots: Snapshotter;
  readonly leases: Leases;
  /** Takes away what a kill left without a row. */
  readonly removeStrays: () => Promise<void>;
  /** Brings to the disk what was left to the kernel's own time. */
  readonly settle: () => Promise<void>;
}

/**
 * Deletes every blob that no view roots_* lists, that is no compressed form of one listed, and that was written before the oldest living
 * lease was opened. The decision is one transaction, so that a job beside it either has its claim in time or finds the blob gone.
 */
export async function collectGarbage(parts: CollectParts, options: Abortable): Promise<Collected> {
  const { database, content, snapshots } = parts;
  await parts.leases.sweep();
  await parts.settle();
  // Durable before the first file goes: after a power loss a row must not vouch for a file that was removed, and perhaps written again.
  const garbage = durably(database, () => {
    const digests = query<{ digest: Digest }>(database, garbageQuery(database))
      .all()
      .map(({ digest }) => digest);
    content.doom(digests);
    return digests;
  });
  let layers = 0;
  for (const digest of garbage) {
    options.signal?.throwIfAborted();
    if (!isLayer(database, digest)) continue;
    await snapshots.forget(digest);
    layers += 1;
  }
  await parts.removeStrays();
  return { ...content.removeDoomed(), layers };
}

/** A blob is known as a layer by what was made of it. */
function isLayer(database: Database, digest: Digest): boolean {
  const sql = `SELECT 1 FROM derived, json_each(derived.layers) WHERE value = :digest
    UNION ALL SELECT 1 FROM layer_blobs WHERE diff_id = :digest LIMIT 1`;
  return query(database, sql).get({ digest }) !== undefined;
}

/** The views of the schema named like `pattern`, joined to one list of the column. */
export function unionOfViews(
  database: Database,
  pattern: "roots_*" | "owners_*",
  column: string,
  except: readonly string[] = [],
): string {
  const views = query<{ name: string }>(
    database,
    "SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB ? ORDER BY name",
  )
    .all(pattern)
    .filter(({ name }) => !except.includes(name));
  return views.map(({ name }) => `SELECT ${column} FROM "${name}"`).join(" UNION ");
}

/** What must stay of itself, whatever the views `except` list: blobs and layers. */
export function rootsExcept(database: Database, except: readonly string[]): ReadonlySet<Digest> {
  const rows = query<{ digest: Digest }>(database, unionOfViews(database, "roots_*", "digest", except)).all();
  return new Set(rows.map(({ digest }) => digest));
}

function garbageQuery(database: Database): string {
  return `
    WITH roots AS (${unionOfViews(database, "roots_*", "digest")}),
    reachable AS (
      SELECT digest FROM roots
      UNION SELECT layer_blobs.digest FROM layer_blobs JOIN roots ON roots.digest = layer_blobs.diff_id
    )
    SELECT digest FROM blobs
    WHERE doomed = 0
      AND touched < coalesce((SELECT min(epoch) FROM leases), touched + 1)
      AND digest NOT IN (SELECT digest FROM reachable WHERE digest IS NOT NULL)`;
}
