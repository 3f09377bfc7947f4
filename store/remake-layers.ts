import type { Database } from "better-sqlite3";
import type { Digest } from "../core/digest.ts";
import { isCode } from "../core/errors.ts";
import type { ContentStore } from "./content-store.ts";
import { query } from "./database.ts";
import type { LayerTable } from "./layers.ts";

export interface RemakeParts {
  readonly database: Database;
  readonly content: ContentStore;
  readonly layers: Pick<LayerTable, "remake">;
}

interface Doubtful {
  readonly diffId: Digest;
  /** Its compressed form, which is on the disk. */
  readonly form: Digest;
}

/**
 * After a power loss: sees to it that layers of which only a compressed form was brought to the disk are there all the same, durable. One whose form
 * is damaged is left to be forgotten. Rejects when there is no room.
 */
export async function remakeLayers({ database, content, layers }: RemakeParts): Promise<void> {
  for (const { diffId, form } of doubtfulLayers(database)) {
    try {
      if (!(await isIntact(content, diffId))) await layers.remake(diffId, form);
      await content.settle(diffId);
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
}

const doubtfulLayers = (database: Database): readonly Doubtful[] =>
  query<Doubtful>(
    database,
    `SELECT layer.digest AS diffId, min(form.digest) AS form
     FROM layer_blobs JOIN blobs AS layer ON layer.digest = diff_id JOIN blobs AS form ON form.digest = layer_blobs.digest
     WHERE layer.durable = 0 AND layer.doomed = 0 AND form.durable = 1 AND form.doomed = 0
     GROUP BY layer.digest`,
  ).all();

async function isIntact(content: ContentStore, digest: Digest): Promise<boolean> {
  try {
    for await (const _ of await content.read(digest));
    return true;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

const isDamage = (error: unknown): boolean =>
  isCode(error, "BLOB_UNKNOWN") ||
  isCode(error, "SIZE_MISMATCH") ||
  isCode(error, "DIGEST_MISMATCH") ||
  isCode(error, "ARCHIVE_INVALID");
