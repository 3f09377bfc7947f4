import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Abortable } from "../../core/streams.ts";
import { Undo } from "../../core/undo.ts";
import { temporaryPath } from "../../store/content/temporary.ts";
import { query, transact } from "../../store/database.ts";
import { isAlive, thisOwner } from "../../store/owner.ts";
import type { Store } from "../../store/types.ts";
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

/**
 * The directories that RUN --mount=type=cache keeps between builds. Any number of processes may use one that is shared; a locked one is
 * waited for; of a private one everybody who finds it used gets another.
 */
export class CacheMounts {
  readonly #store: Pick<Store, "paths" | "database" | "locks" | "leases" | "trees">;
  readonly #clock: () => number;

  constructor(store: Pick<Store, "paths" | "database" | "locks" | "leases" | "trees">, clock: () => number) {
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

  /** The directories there are, with what they take. */
  async usage(): Promise<readonly CacheUse[]> {
    const { database, paths } = this.#store;
    const rows = query<{ key: string; description: string; used: number }>(
      database,
      "SELECT key, description, used FROM cache_mounts ORDER BY used DESC",
    ).all();
    // A row comes before its directory, which a build is about to make.
    const made = rows.filter(({ key }) => existsSync(paths.cacheMount(key)));
    return Promise.all(
      made.map(async ({ key, description, used }) => ({
        id: key,
        kind: "mount" as const,
        description,
        bytes: await this.#sizeOf(paths.cacheMount(key)),
        createdAt: statSync(paths.cacheMount(key)).birthtime,
        usedAt: new Date(used),
        inUse: this.#isUsed(key),
      })),
    );
  }

  /** Removes those that nobody uses and nobody used since `before` (milliseconds since the epoch). */
  async prune(before: number): Promise<{ readonly caches: number; readonly bytes: number }> {
    const { database, locks, leases, paths } = this.#store;
    await using lease = leases.open("prune of cache mounts");
    const found = query<{ key: string }>(database, "SELECT key FROM cache_mounts WHERE used < ?").all(before);
    let [caches, bytes] = [0, 0];
    for (const { key } of found) {
      await using _lock = await locks.hold(makingOf(key));
      if (this.#isUsed(key)) continue;
      const path = paths.cacheMount(key);
      const temporary = temporaryPath(paths);
      if (existsSync(path)) {
        bytes += await this.#sizeOf(path);
        lease.temporary(temporary);
        renameSync(path, temporary);
      }
      query(database, "DELETE FROM cache_mounts WHERE key = ?").run(key);
      caches++;
    }
    return { caches, bytes };
  }

  #register({ name, sharing, description }: CacheMountRequest): {
    readonly key: string;
    readonly user: number | bigint;
  } {
    const { database } = this.#store;
    return transact(database, () => {
      let key = name;
      for (let n = 1; sharing === "private" && this.#isUsed(key); n++) key = `${name}-${n}`;
      query(database, "INSERT OR REPLACE INTO cache_mounts (key, description, used) VALUES (?, ?, ?)").run(
        key,
        description,
        this.#clock(),
      );
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

  async #sizeOf(path: string): Promise<number> {
    using tree = await this.#store.trees.openDirectory(path);
    const entries = await tree.scan("/");
    return entries.reduce((sum, { stat }) => sum + (stat.type === "file" ? stat.size : 0), 0);
  }
}

const makingOf = (key: string): string => `cachemount-make-${key}`;
