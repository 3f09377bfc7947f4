import type { Database } from "better-sqlite3";
import type { Digest } from "../../../core/digest.ts";
import { rootsExcept } from "../../../store/collect.ts";
import { query } from "../../../store/database.ts";

/** What keeps layers for the sake of builds alone; the snapshots of failed steps are among the snapshots. */
const OF_BUILDS = ["roots_build_cache", "roots_build_failures", "roots_leases", "roots_snapshots"];

/** The layers that images and containers have, which stay whatever the cache forgets. */
export function layersInUse(database: Database): ReadonlySet<Digest> {
  const rows = query<{ layer: Digest }>(
    database,
    `SELECT DISTINCT value AS layer FROM snapshots, json_each(snapshots.layers)
     WHERE snapshots.key IN (SELECT key FROM owners_containers)`,
  ).all();
  return new Set([...rootsExcept(database, OF_BUILDS), ...rows.map(({ layer }) => layer)]);
}
