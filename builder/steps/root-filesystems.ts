import type { Digest } from "../../core/digest.ts";
import type { UserDatabase } from "../../core/user.ts";
import type { Store, Tree } from "../../store/types.ts";
import { chainOf } from "../cache/preimage.ts";
import type { LazyLayers } from "../cache/remote/lazy-layers.ts";

/** Reads the root filesystems that steps start from. */
export class RootFilesystems {
  readonly #store: Pick<Store, "snapshots" | "trees">;
  readonly #lazy: LazyLayers;
  readonly #signal: AbortSignal;
  readonly #users = new Map<string, Promise<UserDatabase>>();

  /** `signal`: of the whole build. */
  constructor(
    store: Pick<Store, "snapshots" | "trees">,
    { lazy, signal }: { readonly lazy: LazyLayers; readonly signal: AbortSignal },
  ) {
    this.#store = store;
    this.#lazy = lazy;
    this.#signal = signal;
  }

  /** Runs `work` on the root filesystem of `layers`; undefined is the empty one. */
  async read<T>(
    layers: readonly Digest[],
    work: (tree: Tree | undefined) => T | Promise<T>,
    signal: AbortSignal = this.#signal,
  ): Promise<T> {
    if (layers.length === 0) return work(undefined);
    await this.#lazy.bring(layers, signal);
    const mounts = await this.#store.snapshots.view(layers, { signal });
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
