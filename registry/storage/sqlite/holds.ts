import { randomBytes } from "node:crypto";
import type { Database } from "better-sqlite3";
import type { Digest } from "../../../core/digest.ts";
import { query, transact } from "../../../store/database.ts";

/** A hold of a process that died keeps its blobs so long. */
const HOLD_MS = 3_600_000;

const NAMED = `SELECT 1 WHERE
  EXISTS (SELECT 1 FROM registry_blobs WHERE digest = :digest) OR
  EXISTS (SELECT 1 FROM registry_manifests WHERE digest = :digest) OR
  EXISTS (SELECT 1 FROM registry_holds WHERE digest = :digest AND until > :now)`;

export function holdBlobs(database: Database, digests: readonly Digest[]): AsyncDisposable {
  const id = randomBytes(12).toString("hex");
  const until = Date.now() + HOLD_MS;
  transact(database, () => {
    for (const digest of new Set(digests))
      query(database, "INSERT INTO registry_holds (id, digest, until) VALUES (?, ?, ?)").run(
        id,
        digest,
        until,
      );
  });
  return {
    [Symbol.asyncDispose]: async () => {
      query(database, "DELETE FROM registry_holds WHERE id = ?").run(id);
    },
  };
}

export const isNamed = (database: Database, digest: Digest): boolean =>
  query(database, NAMED).get({ digest, now: Date.now() }) !== undefined;

/** The transaction keeps every hold() waiting until `remove` is through. */
export function removeUnnamed(database: Database, digest: Digest, remove: () => void): boolean {
  return transact(database, () => {
    if (isNamed(database, digest)) return false;
    remove();
    return true;
  });
}
