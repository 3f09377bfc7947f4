import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Abortable } from "../../core/streams.ts";
import { Undo } from "../../core/undo.ts";
import { temporaryPath } from "../../store/content/temporary.ts";
import { query, transact } from "../../store/database.ts";
import { isAlive, thisOwner } from "../../store/owner.ts";
import type { Store } from "../../store/types.ts";
import type { CacheSizes } from "./sizes.ts";
import type { CacheUse } from "./usage.ts";

export interface CacheMountRequest {
  /** Names the cache: [0-9a-f]+. The same name is the same directory. */
  readonly name: string;
  /** What it is for, for people. */
  readonly description: string;
  readonly sharing: "shared" | "private" | "locked";
  /** Makes what a new one begins with; the path it resolves to, on the same filesystem, is moved to its place. */
  readonly begin: () => Promise<string>;
}

export interface MountState {
  readonly path: string;
  /** Differs as soon as somebody has had the directory; undefined while somebody has it. */
  readonly idle: string | undefined;
}

/**
 * The directories that RUN --mount=type=cache keeps between builds. Any number of processes may use one that is shared; a locked one is
 * waited for; of a private one everybody who finds it used gets another.
 */
export class CacheMounts {
  readonly #store: Pick<Store, "paths" | "database" | "locks" | "leases">;
  readonly #clock: () => number;

  constructor(store: Pick<Store, "paths" | "database" | "locks" | "leases">, clock: () => number) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The directory to mount, in use until disposed. */
  async acquire(
    request: CacheMountRequest,
    options: Abortable = {},
  ): Promise<AsyncDisposable & { readonly path: string }> {
    const { locks, paths } = this.#store;
    const { name, sharing } = request;
    const undo = new Undo();
    try {
      if (sharing === "locked") {
        const lock = await locks.hold(`cachemount-${name}`, options);
        undo.add(async () => lock[Symbol.asyncDispose]());
      }
      const { key, user } = this.#register(request);
      undo.add(async () => this.#unregister(user));
      const path = paths.cacheMount(key);
      await this.#make(key, request.begin, options);
      return { path, [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose]() };
    } catch (error) {
      await undo[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** How a directory is now; undefined when there is none. */
  look(name: string): MountState | undefined {
    const { database, paths } = this.#store;
    const path = paths.cacheMount(name);
    return transact(database, () => {
      const select = query<{ used: number; uses: number }>(
        database,
        "SELECT used, uses FROM cache_mounts WHERE key = ?",
      );
      const row = select.get(name);
      if (row === undefined || !existsSync(path)) return undefined;
      return { path, idle: this.#isUsed(name) ? undefined : `${row.used} ${row.uses}` };
    });
  }

  /** The directories there are, with what they take. */
  async usage(sizes: Pick<CacheSizes, "measure">): Promise<readonly CacheUse[]> {
    const { database, paths } = this.#store;
    const rows = query<{ key: string; description: string; used: number; uses: number }>(
      database,
      "SELECT key, description, used, uses FROM cache_mounts ORDER BY used DESC",
    ).all();
    const found: CacheUse[] = [];
    for (const { key, description, used, uses } of rows) {
      const path = paths.cacheMount(key);
      const made = statSync(path, { throwIfNoEntry: false });
      // A row comes before its directory, which a build is about to make.
      if (made === undefined) continue;
      const inUse = this.#isUsed(key);
      // While it is used, its size says nothing about later.
      const bytes = await sizes.measure(key, inUse ? undefined : String(used), [path]);
      const times = { createdAt: made.birthtime, usedAt: new Date(used) };
      found.push({ id: key, kind: "mount", description, bytes, ...times, uses, cost: 0, parents: [], inUse });
    }
    return found;
  }

  /** Removes directories that nobody uses; returns those it removed. */
  async remove(keys: readonly string[]): Promise<readonly string[]> {
    const { locks, leases, paths } = this.#store;
    await using lease = leases.open("prune of cache mounts");
    const removed: string[] = [];
    for (const key of keys) {
      await using _lock = await locks.hold(makingOf(key));
      const temporary = temporaryPath(paths);
      lease.temporary(temporary);
      if (this.#take(key, temporary)) removed.push(key);
    }
    return removed;
  }

  /** In one transaction with the look at its users: a build registers first and then makes what is missing, behind the lock. */
  #take(key: string, temporary: string): boolean {
    const { database, paths } = this.#store;
    return transact(database, () => {
      if (this.#isUsed(key)) return false;
      const { changes } = query(database, "DELETE FROM cache_mounts WHERE key = ?").run(key);
      if (changes > 0 && existsSync(paths.cacheMount(key))) renameSync(paths.cacheMount(key), temporary);
      return changes > 0;
    });
  }

  #register({ name, sharing, description }: CacheMountRequest): {
    readonly key: string;
    readonly user: number | bigint;
  } {
    const { database } = this.#store;
    return transact(database, () => {
      let key = name;
      for (let n = 1; sharing === "private" && this.#isUsed(key); n++) key = `${name}-${n}`;
      query(
        database,
        `INSERT INTO cache_mounts (key, description, used) VALUES (?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET used = excluded.used, uses = uses + 1`,
      ).run(key, description, this.#clock());
      const insert = query(database, "INSERT INTO cache_mount_users (mount, owner) VALUES (?, ?)");
      return { key, user: insert.run(key, thisOwner()).lastInsertRowid };
    });
  }

  #unregister(user: number | bigint): void {
    query(this.#store.database, "DELETE FROM cache_mount_users WHERE id = ?").run(user);
  }

  #isUsed(key: string): boolean {
    const { database } = this.#store;
    const users = query<{ id: number; owner: string }>(
      database,
      "SELECT id, owner FROM cache_mount_users WHERE mount = ?",
    ).all(key);
    const dead = users.filter(({ owner }) => !isAlive(owner));
    for (const { id } of dead) this.#unregister(id);
    return users.length > dead.length;
  }

  async #make(key: string, begin: () => Promise<string>, options: Abortable): Promise<void> {
    const path = this.#store.paths.cacheMount(key);
    if (existsSync(path)) return;
    await using _lock = await this.#store.locks.hold(makingOf(key), options);
    if (existsSync(path)) return;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    renameSync(await begin(), path);
  }
}

const makingOf = (key: string): string => `cachemount-make-${key}`;
