import { readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { DIGEST_ALGORITHMS, type DigestAlgorithm } from "../core/digest.ts";
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
 * Removes blobs, derived trees and snapshots without a row. The first two come to their place inside the transaction that makes the row, and a snapshot
 * after it, so under the write lock a name without one is what a process left that was killed in between, or what a power loss left of more than its row.
 */
export async function removeStrays(
  paths: Paths,
  database: Database,
  kernel: Pick<KernelTrees, "removeTree">,
): Promise<void> {
  const trees = transact(database, () => {
    for (const algorithm of DIGEST_ALGORITHMS)
      for (const path of pathsWithoutRow(database, ROWS.blobs(algorithm), paths.blobs(algorithm)))
        rmSync(path);
    return [
      ...pathsWithoutRow(database, ROWS.derived, paths.layers).filter((path) => path !== paths.emptyLayer),
      ...pathsWithoutRow(database, ROWS.snapshots, paths.snapshots),
    ].map((path) => {
      const temporary = temporaryPath(paths);
      renameSync(path, temporary);
      return temporary;
    });
  });
  for (const tree of trees) await kernel.removeTree(tree).catch(() => undefined);
}

/** Which row a name in a folder stands for: one that has it after `prefix` in `column`. */
interface NamedRow {
  readonly table: string;
  readonly column: string;
  readonly prefix: string;
}
const ROWS = {
  blobs: (algorithm: DigestAlgorithm): NamedRow => ({
    table: "blobs",
    column: "digest",
    prefix: `${algorithm}:`,
  }),
  derived: { table: "derived", column: "id", prefix: "sha256:" },
  snapshots: { table: "snapshots", column: "key", prefix: "" },
} as const;

function pathsWithoutRow(
  database: Database,
  { table, column, prefix }: NamedRow,
  folder: string,
): readonly string[] {
  const row = query(database, `SELECT 1 FROM ${table} WHERE ${column} = ?`);
  return readdirSync(folder)
    .filter((name) => row.get(`${prefix}${name}`) === undefined)
    .map((name) => join(folder, name));
}
