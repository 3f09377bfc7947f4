import type { Digest } from "../../core/digest.ts";
import type { UserDatabase } from "../../core/user.ts";
import type { HeldLayers } from "../../store/snapshotter.ts";
import type { Store, Tree } from "../../store/types.ts";
import { chainBelow, chainOf } from "../cache/preimage.ts";
import type { LazyLayers } from "../cache/remote/lazy-layers.ts";

interface RootFilesystemsParts {
  readonly lazy: LazyLayers;
  readonly held: HeldLayers;
  /** Of the whole build. */
  readonly signal: AbortSignal;
}

const PASSWD = "/etc/passwd";
const GROUP = "/etc/group";

interface FoundUsers extends UserDatabase {
  /** No link leads to their files, so only what is at these paths matters. */
  readonly plain: boolean;
}

/** Reads the root filesystems that steps start from. */
export class RootFilesystems {
  readonly #store: Pick<Store, "snapshots" | "trees">;
  readonly #parts: RootFilesystemsParts;
  readonly #users = new Map<string, Promise<FoundUsers>>();

  constructor(store: Pick<Store, "snapshots" | "trees">, parts: RootFilesystemsParts) {
    this.#store = store;
    this.#parts = parts;
  }

  /** Runs `work` on the root filesystem of `layers`; undefined is the empty one. */
  async read<T>(
    layers: readonly Digest[],
    work: (tree: Tree | undefined) => T | Promise<T>,
    signal: AbortSignal = this.#parts.signal,
  ): Promise<T> {
    if (layers.length === 0) return work(undefined);
    const { lazy, held } = this.#parts;
    await lazy.bring(layers, signal);
    const mounts = await this.#store.snapshots.view(layers, { signal, held });
    using tree = await this.#store.trees.open(mounts);
    return await work(tree);
  }

  /** The users and groups that names are looked up in. */
  users(layers: readonly Digest[], signal: AbortSignal): Promise<UserDatabase> {
    const key = chainOf(layers);
    let users = this.#users.get(key);
    if (users === undefined) {
      users = this.#findUsers(layers, signal);
      users.catch(() => this.#users.delete(key));
      this.#users.set(key, users);
    }
    return users;
  }

  /** Most steps leave them as they are, and one layer is looked at sooner than all of them are mounted. */
  async #findUsers(layers: readonly Digest[], signal: AbortSignal): Promise<FoundUsers> {
    const below = await this.#users.get(chainBelow(layers) ?? "")?.catch(() => undefined);
    const top = layers.at(-1);
    if (below?.plain === true && top !== undefined) {
      const { lazy, held } = this.#parts;
      await lazy.bring([top], signal);
      const isTouched = await this.#store.snapshots.touches(top, [PASSWD, GROUP], { signal, held });
      if (!isTouched) return below;
    }
    return this.read(layers, readUsers, signal);
  }
}

const readUsers = (tree: Tree | undefined): FoundUsers => ({
  passwd: tree?.readText(PASSWD),
  group: tree?.readText(GROUP),
  plain: tree !== undefined && [PASSWD, GROUP].every((path) => tree.resolve(path) === path),
});
