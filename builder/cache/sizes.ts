import type { Digest } from "../../core/digest.ts";
import { rootsExcept } from "../../store/collect.ts";
import { query } from "../../store/database.ts";
import { diskUse } from "../../store/disk-use.ts";
import type { Store } from "../../store/types.ts";

/** What was measured may have been compressed since, which makes nothing larger. */
const GROWN = 2;
/** By the bytes of its tar: itself, its compressed form, and its tree, where the 512 bytes of a directory's header are a block of 4096. */
const LARGEST = 10;
/** In bytes, of a layer that is next to nothing. */
const BLOCKS = 32 * 1024;

/** What things of the cache take on the disk, measured when they changed since they were measured last. */
export class CacheSizes {
  readonly #store: Pick<Store, "database" | "paths" | "layers">;

  constructor(store: Pick<Store, "database" | "paths" | "layers">) {
    this.#store = store;
  }

  /** More than all layers of records take, without looking at one of them; infinite when there are cache mounts, which grow by themselves. */
  atMost(): number {
    const row = query<{ measured: number; count: number; others: number; mounts: number }>(
      this.#store.database,
      `SELECT (SELECT coalesce(sum(bytes), 0) FROM cache_sizes) AS measured,
              count(*) AS count, coalesce(sum(size), 0) AS others,
              EXISTS (SELECT 1 FROM cache_mounts) AS mounts
       FROM (SELECT max(size) AS size FROM cache_records
             WHERE layer NOT IN (SELECT id FROM cache_sizes) GROUP BY layer)`,
    ).get();
    if (row === undefined || row.mounts === 1) return Number.POSITIVE_INFINITY;
    return row.measured * GROWN + row.others * LARGEST + row.count * BLOCKS;
  }

  /** Of layers, each with its compressed forms and with what was made to mount it; 0 for one that is not in the store. */
  async layers(diffIds: readonly Digest[]): Promise<ReadonlyMap<Digest, number>> {
    const { paths, layers, database } = this.#store;
    const derived = this.#derived();
    const others = rootsExcept(database, ["roots_build_cache", "roots_leases"]);
    // A form that the registry serves is not the cache's.
    const formsOf = (diffId: Digest): readonly Digest[] =>
      layers.blobs(diffId).flatMap(({ digest }) => (others.has(digest) ? [] : [digest]));
    const sizes = new Map<Digest, number>();
    for (const diffId of diffIds) {
      const isThere = layers.stat(diffId) !== undefined;
      const blobs = isThere ? [diffId, ...formsOf(diffId)] : [];
      const trees = derived.get(diffId) ?? [];
      const places = [...blobs.map((digest) => paths.blob(digest)), ...trees.map((id) => paths.layer(id))];
      sizes.set(diffId, await this.measure(diffId, JSON.stringify([blobs, trees]), places));
    }
    return sizes;
  }

  /** What `places` take together. What was measured in the same `state` still holds; without one it is measured now. */
  async measure(id: string, state: string | undefined, places: readonly string[]): Promise<number> {
    const { database } = this.#store;
    const known = query<{ state: string; bytes: number }>(
      database,
      "SELECT state, bytes FROM cache_sizes WHERE id = ?",
    ).get(id);
    if (known !== undefined && known.state === state) return known.bytes;
    let bytes = 0;
    for (const place of places) bytes += await diskUse(place);
    if (state !== undefined)
      query(database, "INSERT OR REPLACE INTO cache_sizes (id, state, bytes) VALUES (?, ?, ?)").run(
        id,
        state,
        bytes,
      );
    return bytes;
  }

  /** Of things that are no more. */
  forget(ids: readonly string[]): void {
    query(this.#store.database, "DELETE FROM cache_sizes WHERE id IN (SELECT value FROM json_each(?))").run(
      JSON.stringify(ids),
    );
  }

  /** What a driver made of layers counts for the topmost of them. */
  #derived(): ReadonlyMap<Digest, readonly Digest[]> {
    const rows = query<{ id: Digest; top: Digest }>(
      this.#store.database,
      "SELECT id, json_extract(layers, '$[#-1]') AS top FROM derived ORDER BY id",
    ).all();
    const derived = new Map<Digest, Digest[]>();
    for (const { id, top } of rows) derived.set(top, [...(derived.get(top) ?? []), id]);
    return derived;
  }
}
