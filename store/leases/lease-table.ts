import { isAbsolute, relative } from "node:path";
import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { randomBytes } from "../../core/random.ts";
import { query, transact } from "../database.ts";
import { isAlive, thisOwner } from "../owner.ts";
import type { Paths } from "../paths.ts";
import type { Lease, Leases } from "../types.ts";

type ItemKind = "blob" | "snapshot" | "temporary" | "cgroup";
interface Item {
  readonly kind: ItemKind;
  readonly value: string;
}

/** How the things a lease holds are taken away; each is idempotent. */
export interface Removers {
  readonly cgroup: (path: string) => Promise<void>;
  readonly snapshot: (key: string) => Promise<void>;
  readonly temporary: (path: string) => Promise<void>;
}

/** Processes first, then what they may still use. */
const ORDER = ["cgroup", "snapshot", "temporary"] as const;

/** An epoch after all others. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** Leases as rows, each with the process it belongs to. */
export class LeaseTable implements Leases {
  readonly #database: Database;
  readonly #paths: Paths;
  readonly #removers: Removers;

  constructor(database: Database, paths: Paths, removers: Removers) {
    this.#database = database;
    this.#paths = paths;
    this.#removers = removers;
  }

  open(what: string): Lease {
    const id = randomBytes(12).toString("hex");
    transact(this.#database, () => {
      query(this.#database, "UPDATE epoch SET value = value + 1").run();
      query(
        this.#database,
        "INSERT INTO leases (id, what, owner, epoch, created) VALUES (?, ?, ?, (SELECT value FROM epoch), ?)",
      ).run(id, what, thisOwner(), Date.now());
    });
    return this.#handle(id, what);
  }

  #handle(id: string, what: string): Lease {
    const add = (kind: ItemKind, value: string): void => this.#add({ id, what }, { kind, value });
    const blobs = new Set<Digest>();
    return {
      id,
      blob: (digest: Digest) => {
        if (blobs.has(digest)) return;
        add("blob", digest);
        blobs.add(digest);
      },
      snapshot: (key) => add("snapshot", key),
      temporary: (path) => add("temporary", this.#inside(path)),
      cgroup: (path) => add("cgroup", path),
      keep: (key) => {
        query(
          this.#database,
          "DELETE FROM lease_items WHERE lease = ? AND kind = 'snapshot' AND value = ?",
        ).run(id, key);
      },
      [Symbol.asyncDispose]: () => {
        blobs.clear();
        return this.#end(id);
      },
    };
  }

  #add({ id, what }: { readonly id: string; readonly what: string }, { kind, value }: Item): void {
    transact(this.#database, () => {
      const live = query(this.#database, "SELECT 1 FROM leases WHERE id = ?").get(id);
      if (live === undefined) throw new Failure("LEASE_ENDED", { what });
      query(this.#database, "INSERT OR IGNORE INTO lease_items (lease, kind, value) VALUES (?, ?, ?)").run(
        id,
        kind,
        value,
      );
    });
  }

  /** A wrong path must never become a recursive removal elsewhere. */
  #inside(path: string): string {
    const folders = [this.#paths.ingest, this.#paths.snapshots];
    const inside = folders.some((folder) => {
      const rest = relative(folder, path);
      return rest !== "" && !rest.startsWith("..") && !isAbsolute(rest);
    });
    if (!inside)
      throw new Failure("OPTION_INVALID", {
        option: "temporary path",
        got: path,
        want: `a path below ${folders.join(" or ")}`,
      });
    return path;
  }

  /**
   * The rows go last: a crash on the way leaves them to the next sweep. So does what cannot be removed now, which no longer keeps
   * anything from being collected.
   */
  async #end(id: string): Promise<void> {
    const items = query<Item>(
      this.#database,
      "SELECT kind, value FROM lease_items WHERE lease = ? ORDER BY value",
    ).all(id);
    const failures: unknown[] = [];
    for (const kind of ORDER) {
      for (const item of items.filter((each) => each.kind === kind))
        await this.#removers[kind](item.value).catch((error: unknown) => failures.push(error));
    }
    if (failures.length === 0) {
      query(this.#database, "DELETE FROM leases WHERE id = ?").run(id);
      return;
    }
    transact(this.#database, () => {
      query(this.#database, "DELETE FROM lease_items WHERE lease = ? AND kind = 'blob'").run(id);
      query(this.#database, "UPDATE leases SET owner = '', epoch = ? WHERE id = ?").run(NEVER, id);
    });
    throw failures[0];
  }

  async sweep(): Promise<number> {
    const rows = query<{ readonly id: string; readonly owner: string }>(
      this.#database,
      "SELECT id, owner FROM leases",
    ).all();
    const dead = rows.filter(({ owner }) => !isAlive(owner));
    let swept = 0;
    for (const { id, owner } of dead) {
      // Of several sweepers the one that becomes the owner does it; if it dies, the lease is dead again.
      const { changes } = query(this.#database, "UPDATE leases SET owner = ? WHERE id = ? AND owner = ?").run(
        thisOwner(),
        id,
        owner,
      );
      if (changes === 0) continue;
      // What resists is named by the store's check; it must not keep anybody from working.
      await this.#end(id).then(
        () => (swept += 1),
        () => undefined,
      );
    }
    return swept;
  }
}
