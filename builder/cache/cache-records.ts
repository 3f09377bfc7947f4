import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/digest.ts";
import { query, transact } from "../../store/database.ts";
import type { LayerInfo } from "../../store/snapshotter.ts";
import { claimedLayers } from "./claims.ts";
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
      `INSERT OR REPLACE INTO cache_records
       (definition, inputs, layer, size, created, preimage, portable, cost, parents, made, used)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      key.definition,
      key.inputs,
      result.layer.diffId,
      result.layer.size,
      result.created,
      JSON.stringify(preimage),
      result.portable ? 1 : 0,
      Math.round(result.cost),
      JSON.stringify(result.parents),
      now,
      now,
    );
  }

  /** Marks records as used now. */
  touch(ids: readonly number[]): void {
    if (ids.length === 0) return;
    query(
      this.#database,
      "UPDATE cache_records SET used = ?, uses = uses + 1 WHERE id IN (SELECT value FROM json_each(?))",
    ).run(this.#now(), JSON.stringify(ids));
  }

  /** The layers it keeps, each once, the one used last first; what they take is for others to measure. */
  usage(): readonly (Omit<CacheUse, "bytes"> & { readonly layer: Digest })[] {
    const claimed = claimedLayers(this.#database);
    const rows = query<UsageRow>(
      this.#database,
      `SELECT layer, preimage, parents, min(made) AS made, max(used) AS used, max(uses) AS uses, max(cost) AS cost
       FROM cache_records GROUP BY layer ORDER BY used DESC, layer`,
    ).all();
    return rows.map(({ layer, preimage, parents, made, used, uses, cost }) => ({
      id: layer,
      layer,
      kind: "step",
      description: describeStep(preimage),
      createdAt: new Date(made),
      usedAt: new Date(used),
      uses,
      cost,
      parents: JSON.parse(parents) as readonly Digest[],
      inUse: claimed.has(layer),
    }));
  }

  /**
   * Forgets the records of layers, unless a build has them now; returns the layers of which it did. `why` is the rest of a sentence about the
   * result of a step, for explanations. The layers go with the next garbage collection.
   */
  remove(layers: readonly Digest[], why: string): readonly Digest[] {
    return transact(this.#database, () => {
      const claimed = claimedLayers(this.#database);
      const removed = layers.filter((layer) => !claimed.has(layer));
      for (const layer of removed) {
        query(
          this.#database,
          `INSERT OR REPLACE INTO cache_evictions (definition, inputs, why, removed)
           SELECT definition, inputs, ?, ? FROM cache_records WHERE layer = ?`,
        ).run(why, this.#now(), layer);
        query(this.#database, "DELETE FROM cache_records WHERE layer = ?").run(layer);
      }
      return removed;
    });
  }

  /** Why the record of a key was removed, and when; undefined when it never was, or long ago. */
  removal({ definition, inputs }: RecordKey): Removal | undefined {
    const row = query<{ why: string; removed: number }>(
      this.#database,
      "SELECT why, removed FROM cache_evictions WHERE definition = ? AND inputs = ?",
    ).get(definition, inputs);
    return row === undefined ? undefined : { why: row.why, at: new Date(row.removed) };
  }

  /** Forgets what is known of contexts and of files of the web, and was not used since `before` (milliseconds since the epoch). */
  forgetFacts(before: number): void {
    transact(this.#database, () => {
      for (const table of ["content_listings", "context_files", "http_sources"])
        query(this.#database, `DELETE FROM ${table} WHERE used < ?`).run(before);
    });
  }

  /** Forgets removals, and how builds were, before that time. */
  forgetHistory(before: number): void {
    query(this.#database, "DELETE FROM cache_evictions WHERE removed < ?").run(before);
    query(this.#database, "DELETE FROM former_builds WHERE used < ?").run(before);
  }
}

export interface Removal {
  readonly why: string;
  readonly at: Date;
}

interface UsageRow {
  readonly layer: Digest;
  readonly preimage: string;
  readonly parents: string;
  readonly made: number;
  readonly used: number;
  readonly uses: number;
  readonly cost: number;
}

export interface NewRecord extends Pick<CacheRecord, "layer" | "created"> {
  /** Milliseconds that it took to make; 0 when that is not known. */
  readonly cost: number;
  /** The layers right below it, and those it was copied from. */
  readonly parents: readonly Digest[];
  /** Whether the key means the same on every machine. */
  readonly portable: boolean;
}

export interface RecordKey {
  readonly definition: Digest;
  readonly inputs: Digest;
}
