import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/digest.ts";
import { query, transact } from "../../store/database.ts";
import type { LayerInfo } from "../../store/snapshotter.ts";
import type { Preimage } from "./preimage.ts";
import { type CacheUse, describeStep } from "./usage.ts";

/** The result of a step, under the key that led to it. */
export interface CacheRecord {
  readonly id: number;
  readonly inputs: Digest;
  readonly layer: LayerInfo;
  /** When the step was performed, as image histories have it: a cached build is equal to the first one in every byte. */
  readonly created: string;
}

interface Row {
  readonly id: number;
  readonly inputs: Digest;
  readonly layer: Digest;
  readonly size: number;
  readonly created: string;
}

/** Each is compared byte by byte. */
const RESEMBLING = 4;

const recordOf = ({ id, inputs, layer, size, created }: Row): CacheRecord => ({
  id,
  inputs,
  layer: { diffId: layer, size },
  created,
});

/**
 * The build cache's table. A record keeps its layer from being collected; nothing here checks that the layer is still there.
 * Reading does not count as use until touch(): a fully cached build writes once.
 */
export class CacheRecords {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /**
   * A look-up has two phases: the records of an operation, whatever it was applied to; then those of them whose inputs are as they were.
   * A record here read everything below its root, so its inputs are one digest and the second phase is part of the query.
   */
  find({ definition, inputs }: RecordKey): CacheRecord | undefined {
    const row = query<Row>(
      this.#database,
      "SELECT id, inputs, layer, size, created FROM cache_records WHERE definition = ? AND inputs = ?",
    ).get(definition, inputs);
    return row === undefined ? undefined : recordOf(row);
  }

  /** The record of an operation that was used last, whatever it was applied to. */
  latest(definition: Digest): CacheRecord | undefined {
    const row = query<Row>(
      this.#database,
      "SELECT id, inputs, layer, size, created FROM cache_records WHERE definition = ? ORDER BY used DESC, id DESC LIMIT 1",
    ).get(definition);
    return row === undefined ? undefined : recordOf(row);
  }

  /** What was made of the same inputs and has this size, by whatever operation; the last used first, a few of them. */
  resembling({ inputs }: RecordKey, size: number): readonly CacheRecord[] {
    return query<Row>(
      this.#database,
      `SELECT id, inputs, layer, size, created FROM cache_records WHERE inputs = ? AND size = ?
       ORDER BY used DESC, id DESC LIMIT ${RESEMBLING}`,
    )
      .all(inputs, size)
      .map(recordOf);
  }

  /** All records by which an operation leads to `layer` that mean the same on every machine, in order. */
  portable(definition: Digest, layer: Digest): readonly (RecordKey & Pick<CacheRecord, "created">)[] {
    return query<{ inputs: Digest; created: string }>(
      this.#database,
      "SELECT inputs, created FROM cache_records WHERE definition = ? AND layer = ? AND portable = 1 ORDER BY inputs",
    )
      .all(definition, layer)
      .map((row) => ({ definition, ...row }));
  }

  /** Replaces the record of the same key. */
  put(key: RecordKey, preimage: Preimage, result: NewRecord): void {
    const now = this.#now();
    query(
      this.#database,
      `INSERT OR REPLACE INTO cache_records (definition, inputs, layer, size, created, preimage, portable, made, used)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      key.definition,
      key.inputs,
      result.layer.diffId,
      result.layer.size,
      result.created,
      JSON.stringify(preimage),
      result.portable ? 1 : 0,
      now,
      now,
    );
  }

  /** Marks records as used now. */
  touch(ids: readonly number[]): void {
    if (ids.length === 0) return;
    query(
      this.#database,
      "UPDATE cache_records SET used = ? WHERE id IN (SELECT value FROM json_each(?))",
    ).run(this.#now(), JSON.stringify(ids));
  }

  /** The layers it keeps, each once, the one used last first. */
  usage(): readonly CacheUse[] {
    const rows = query<{ layer: Digest; size: number; preimage: string; made: number; used: number }>(
      this.#database,
      `SELECT layer, size, preimage, min(made) AS made, max(used) AS used
       FROM cache_records GROUP BY layer ORDER BY used DESC`,
    ).all();
    return rows.map(({ layer, size, preimage, made, used }) => ({
      id: layer,
      layer,
      kind: "step",
      description: describeStep(preimage),
      bytes: size,
      createdAt: new Date(made),
      usedAt: new Date(used),
      inUse: false,
    }));
  }

  /**
   * Forgets records not used since `before` (milliseconds since the epoch) and counts the results they had; the layers go with the next
   * garbage collection.
   */
  prune(before: number): { readonly records: number; readonly bytes: number } {
    return transact(this.#database, () => {
      const found = query<{ records: number; bytes: number | null }>(
        this.#database,
        `SELECT count(*) AS records, sum(size) AS bytes
         FROM (SELECT DISTINCT layer, size FROM cache_records WHERE used < ?)`,
      ).get(before);
      for (const table of [
        "cache_records",
        "content_listings",
        "context_files",
        "http_sources",
        "former_builds",
      ])
        query(this.#database, `DELETE FROM ${table} WHERE used < ?`).run(before);
      return { records: found?.records ?? 0, bytes: found?.bytes ?? 0 };
    });
  }
}

export interface NewRecord extends Pick<CacheRecord, "layer" | "created"> {
  /** Whether the key means the same on every machine. */
  readonly portable: boolean;
}

export interface RecordKey {
  readonly definition: Digest;
  readonly inputs: Digest;
}
