import { readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { DIGEST_ALGORITHMS } from "../core/digest.ts";
import type { KernelTrees } from "../native/kernel.ts";
import { ownerOfTemporary, temporaryPath } from "./content/temporary.ts";
import { query, transact } from "./database.ts";
import { isAlive } from "./owner.ts";
import type { Paths } from "./paths.ts";

/** Removes the temporary files of dead processes. What resists is named by the store's check and keeps nobody from working. */
export async function removeAbandoned(paths: Paths, kernel: Pick<KernelTrees, "removeTree">): Promise<void> {
  const names = readdirSync(paths.ingest);
  const owners = new Set(names.map(ownerOfTemporary));
  const dead = new Set([...owners].filter((owner) => !isAlive(owner)));
  for (const name of names)
    if (dead.has(ownerOfTemporary(name)))
      await kernel.removeTree(join(paths.ingest, name)).catch(() => undefined);
}

/**
 * Removes blobs and derived trees without a row. Both come to their place inside the transaction that makes the row, so under the write
 * lock a name without one is what a process left that was killed in between.
 */
export async function removeStrays(
  paths: Paths,
  database: Database,
  kernel: Pick<KernelTrees, "removeTree">,
): Promise<void> {
  const trees = transact(database, () => {
    for (const algorithm of DIGEST_ALGORITHMS)
      for (const name of namesWithoutRow(database, "blobs", paths.blobs(algorithm), algorithm))
        rmSync(join(paths.blobs(algorithm), name));
    return namesWithoutRow(database, "derived", paths.layers, "sha256")
      .filter((name) => join(paths.layers, name) !== paths.emptyLayer)
      .map((name) => {
        const temporary = temporaryPath(paths);
        renameSync(join(paths.layers, name), temporary);
        return temporary;
      });
  });
  for (const tree of trees) await kernel.removeTree(tree).catch(() => undefined);
}

const COLUMN = { blobs: "digest", derived: "id" } as const;

function namesWithoutRow(
  database: Database,
  table: keyof typeof COLUMN,
  folder: string,
  algorithm: string,
): readonly string[] {
  const row = query(database, `SELECT 1 FROM ${table} WHERE ${COLUMN[table]} = ?`);
  return readdirSync(folder).filter((name) => row.get(`${algorithm}:${name}`) === undefined);
}
