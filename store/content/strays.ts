import { readdirSync, rmSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { DIGEST_ALGORITHMS, type Digest, isDigest } from "../../core/digest.ts";
import { query, transact } from "../database.ts";
import type { Paths } from "../paths.ts";

/**
 * Takes away files of blobs without a row: a kill between the rename and the commit leaves one. Who is about to commit holds the lock that each
 * removal waits for.
 */
export function removeStrays(paths: Paths, database: Database): void {
  const rows = query<{ digest: Digest }>(database, "SELECT digest FROM blobs").all();
  const known = new Set(rows.map(({ digest }) => digest));
  for (const algorithm of DIGEST_ALGORITHMS)
    for (const name of readdirSync(paths.blobs(algorithm))) {
      const digest = `${algorithm}:${name}`;
      if (isDigest(digest) && !known.has(digest)) removeStray(paths, database, digest);
    }
}

function removeStray(paths: Paths, database: Database, digest: Digest): void {
  transact(database, () => {
    const row = query(database, "SELECT 1 FROM blobs WHERE digest = ?").get(digest);
    if (row === undefined) rmSync(paths.blob(digest), { force: true });
  });
}
