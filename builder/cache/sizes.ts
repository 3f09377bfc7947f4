import type { Digest } from "../../core/digest.ts";
import { rootsExcept } from "../../store/collect.ts";
import { query } from "../../store/database.ts";
import { diskUse } from "../../store/disk-use.ts";
import type { Store } from "../../store/types.ts";

/** What things of the cache take on the disk, measured when they changed since they were measured last. */
export class CacheSizes {
  readonly #store: Pick<Store, "database" | "paths" | "layers">;

  constructor(store: Pick<Store, "database" | "paths" | "layers">) {
    this.#store = store;
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
