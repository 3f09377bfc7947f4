import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { type Digest, hexOf } from "../../core/digest.ts";
import type { KernelFiles, KernelTrees } from "../../native/kernel.ts";
import { temporaryPath } from "../content/temporary.ts";
import { query, transact } from "../database.ts";
import type { Paths } from "../paths.ts";
import type { Locks } from "../types.ts";
import { isWholeIndex } from "./erofs-index.ts";

export interface DerivedTreesParts {
  readonly paths: Paths;
  readonly database: Database;
  readonly locks: Locks;
  readonly kernel: Pick<KernelTrees & KernelFiles, "removeTree">;
}

/** What a layer's folder holds: a directory to mount or stack, or an index that makes its tar mountable. */
const FORMS = { tree: "fs", index: "layer.erofs" } as const;
export type DerivedForm = keyof typeof FORMS;

export interface Derived {
  readonly form: DerivedForm;
  readonly path: string;
}

/** What a driver wants of layers: forms, the best first, and how to make one. */
export interface Wanted {
  readonly layers: readonly Digest[];
  readonly forms: readonly DerivedForm[];
  readonly make: (folder: string) => Promise<void>;
}

/** Where `form` is to be made in the folder that DerivedTrees.ensure() hands out. */
export const derivedPath = (folder: string, form: DerivedForm): string => join(folder, FORMS[form]);

/** The first of `forms` that a folder made from layers holds, unless it is missing or damaged. */
export function findDerived(
  folder: string,
  forms: readonly DerivedForm[] = ["tree", "index"],
): Derived | undefined {
  return forms
    .map((form) => ({ form, path: derivedPath(folder, form) }))
    .find(({ form, path }) => IS_WHOLE[form](path));
}

/** A tree comes to its place by one rename. */
const IS_WHOLE: Readonly<Record<DerivedForm, (path: string) => boolean>> = {
  tree: existsSync,
  index: isWholeIndex,
};

/** A directory which `fill` fills, as what is made of layers. */
export async function makeTree(folder: string, fill: (target: string) => Promise<void>): Promise<void> {
  const target = derivedPath(folder, "tree");
  mkdirSync(target, { mode: 0o755 });
  await fill(target);
}

/**
 * What was made from layers, layers/<hex>/, each made at its first use by one process while the others wait. Complete is what was
 * renamed into place; after a power loss only that is trusted which was known to be on the disk (see forgetFleeting).
 */
export class DerivedTrees {
  readonly #paths: Paths;
  readonly #database: Database;
  readonly #locks: Locks;
  readonly #kernel: Pick<KernelTrees, "removeTree">;

  constructor(parts: DerivedTreesParts) {
    this.#paths = parts.paths;
    this.#database = parts.database;
    this.#locks = parts.locks;
    this.#kernel = parts.kernel;
  }

  /**
   * Returns what was derived from the layers under `id`, in one of the wanted forms; where there is none yet, `make` puts one into an empty
   * folder. A form that another driver has made stays beside it: its processes may be about to mount it.
   */
  async ensure(id: Digest, wanted: Wanted, signal?: AbortSignal): Promise<Derived> {
    const { layers, forms, make } = wanted;
    const ready = this.#find(id, forms);
    if (ready !== undefined) return ready;
    await using _lock = await this.#locks.hold(`layer-${hexOf(id)}`, signal === undefined ? {} : { signal });
    const meanwhile = this.#find(id, forms);
    if (meanwhile !== undefined) return meanwhile;
    await this.#place(id, layers, make);
    const made = this.#find(id, forms);
    if (made === undefined) throw new TypeError("a driver made nothing of a layer");
    return made;
  }

  /** Makes the directory `from`, which is all that unpacking the layer would give, its tree; leaves it alone when there is something. */
  async take(diffId: Digest, from: string): Promise<void> {
    await using _lock = await this.#locks.hold(`layer-${hexOf(diffId)}`);
    if (this.#find(diffId) !== undefined) return;
    await this.#place(diffId, [diffId], async (folder) => renameSync(from, derivedPath(folder, "tree")));
  }

  async #place(
    id: Digest,
    layers: readonly Digest[],
    fill: (folder: string) => Promise<void>,
  ): Promise<void> {
    const temporary = temporaryPath(this.#paths);
    try {
      mkdirSync(temporary, { mode: 0o700 });
      await fill(temporary);
      if (this.#find(id) !== undefined) return this.#placeBeside(id, temporary);
      // Without a row it is of unknown worth.
      await this.#removeFolder(id);
      // One step for those who look for trees without a row.
      transact(this.#database, () => {
        renameSync(temporary, this.#paths.layer(id));
        query(this.#database, "INSERT OR REPLACE INTO derived (id, layers, durable) VALUES (?, ?, 0)").run(
          id,
          JSON.stringify(layers),
        );
      });
    } catch (error) {
      await this.#kernel.removeTree(temporary);
      throw error;
    }
  }

  #placeBeside(id: Digest, temporary: string): void {
    // First: what is not known to be on the disk must not be there with a row that says so.
    query(this.#database, "UPDATE derived SET durable = 0 WHERE id = ?").run(id);
    for (const name of readdirSync(temporary))
      renameSync(join(temporary, name), join(this.#paths.layer(id), name));
    rmdirSync(temporary);
  }

  #find(id: Digest, forms?: readonly DerivedForm[]): Derived | undefined {
    const row = query(this.#database, "SELECT 1 FROM derived WHERE id = ?").get(id);
    return row === undefined ? undefined : findDerived(this.#paths.layer(id), forms);
  }

  /** Removes every tree that has something of this layer, which has left the store; does nothing when it came back. Idempotent. */
  async forget(diffId: Digest): Promise<void> {
    const rows = query<{ id: Digest }>(
      this.#database,
      "SELECT id FROM derived WHERE EXISTS (SELECT 1 FROM json_each(derived.layers) WHERE value = ?)",
    ).all(diffId);
    const sql = `DELETE FROM derived WHERE id = ?
      AND NOT EXISTS (SELECT 1 FROM blobs WHERE digest = ? AND doomed = 0)`;
    for (const { id } of rows) await this.#drop(id, () => query(this.#database, sql).run(id, diffId).changes);
  }

  /** After a power loss: removes the trees whose bytes may not have reached the disk. */
  async forgetFleeting(): Promise<void> {
    for (const id of this.fleeting())
      await this.#drop(id, () => query(this.#database, "DELETE FROM derived WHERE id = ?").run(id).changes);
  }

  /**
   * After a power loss, once blobs that are not believed are forgotten: removes the trees of layers which have left the store. Their removal may have been
   * half done, and begun anew with what did not reach the disk.
   */
  async forgetOrphans(): Promise<void> {
    const rows = query<{ id: Digest }>(
      this.#database,
      `SELECT id FROM derived WHERE EXISTS (
         SELECT 1 FROM json_each(derived.layers) WHERE value NOT IN (SELECT digest FROM blobs WHERE doomed = 0))`,
    ).all();
    for (const { id } of rows)
      await this.#drop(id, () => query(this.#database, "DELETE FROM derived WHERE id = ?").run(id).changes);
  }

  /** Once its row is gone, whoever wants the tree waits for the lock and makes it anew. */
  async #drop(id: Digest, deleteRow: () => number): Promise<void> {
    await using _lock = await this.#locks.hold(`layer-${hexOf(id)}`);
    if (deleteRow() > 0) await this.#removeFolder(id);
  }

  /** Out of the way by one rename, then file by file. */
  async #removeFolder(id: Digest): Promise<void> {
    const folder = this.#paths.layer(id);
    if (!existsSync(folder)) return;
    const temporary = temporaryPath(this.#paths);
    renameSync(folder, temporary);
    await this.#kernel.removeTree(temporary);
  }

  /** Those made before a syncfs(2) that has just succeeded: `ids` as returned by fleeting() before it. */
  markDurable(ids: readonly Digest[]): void {
    transact(this.#database, () => {
      for (const id of ids) query(this.#database, "UPDATE derived SET durable = 1 WHERE id = ?").run(id);
    });
  }

  fleeting(): readonly Digest[] {
    return query<{ id: Digest }>(this.#database, "SELECT id FROM derived WHERE durable = 0")
      .all()
      .map(({ id }) => id);
  }
}
