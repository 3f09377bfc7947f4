import type { Digest } from "../../core/digest.ts";
import type { UserDatabase } from "../../core/user.ts";
import type { Store, Tree } from "../../store/types.ts";
import { chainOf } from "../cache/preimage.ts";

/** Reads the root filesystems that steps start from. */
export class RootFilesystems {
  readonly #store: Pick<Store, "snapshots" | "trees">;
  readonly #users = new Map<string, Promise<UserDatabase>>();

  constructor(store: Pick<Store, "snapshots" | "trees">) {
    this.#store = store;
  }

  /** Runs `work` on the root filesystem of `layers`; undefined is the empty one. */
  async read<T>(
    layers: readonly Digest[],
    work: (tree: Tree | undefined) => T | Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    if (layers.length === 0) return work(undefined);
    const mounts = await this.#store.snapshots.view(layers, signal === undefined ? {} : { signal });
    using tree = await this.#store.trees.open(mounts);
    return await work(tree);
  }

  /** The users and groups that names are looked up in. */
  users(layers: readonly Digest[], signal: AbortSignal): Promise<UserDatabase> {
    const key = chainOf(layers);
    let users = this.#users.get(key);
    if (users === undefined) {
      const read = (tree: Tree | undefined): UserDatabase => ({
        passwd: tree?.readText("/etc/passwd"),
        group: tree?.readText("/etc/group"),
      });
      users = this.read(layers, read, signal);
      users.catch(() => this.#users.delete(key));
      this.#users.set(key, users);
    }
    return users;
  }
}
