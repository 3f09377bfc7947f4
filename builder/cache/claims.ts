import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/digest.ts";
import { query } from "../../store/database.ts";
import { isAlive, type Owner } from "../../store/owner.ts";

/**
 * The layers of records that work under way has, in whatever process of the root: those that a living lease claims, and those written since
 * the oldest of such leases began.
 */
export function claimedLayers(database: Database): ReadonlySet<Digest> {
  const leases = query<{ id: string; owner: Owner; epoch: number }>(
    database,
    "SELECT id, owner, epoch FROM leases",
  )
    .all()
    .filter(({ owner }) => isAlive(owner));
  if (leases.length === 0) return new Set();
  const rows = query<{ layer: Digest }>(
    database,
    `SELECT value AS layer FROM lease_items
     WHERE kind = 'blob' AND lease IN (SELECT value FROM json_each(:leases))
     UNION SELECT digest FROM blobs JOIN cache_records ON layer = digest WHERE touched >= :epoch`,
  ).all({
    leases: JSON.stringify(leases.map(({ id }) => id)),
    epoch: Math.min(...leases.map(({ epoch }) => epoch)),
  });
  return new Set(rows.map(({ layer }) => layer));
}
