import type { Database } from "better-sqlite3";
import type { Digest } from "../../../core/digest.ts";
import type { Reference } from "../../../core/reference.ts";
import { query, transact } from "../../../store/database.ts";

/** A repository by the names references have for it. */
export type Place = Pick<Reference, "domain" | "path">;

/** What was true so long ago is not worth a request. */
const KEPT_MS = 180 * 24 * 60 * 60 * 1000;

/** What is remembered of the blobs other registries have. They may have lost them since. */
export class RemoteBlobs {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  note({ domain, path }: Place, digests: Iterable<Digest>): void {
    transact(this.#database, () => {
      query(this.#database, "DELETE FROM remote_blobs WHERE seen < ?").run(Date.now() - KEPT_MS);
      for (const digest of digests)
        query(
          this.#database,
          "INSERT OR REPLACE INTO remote_blobs (digest, registry, repository, seen) VALUES (?, ?, ?, ?)",
        ).run(digest, domain, path, Date.now());
    });
  }

  /** Where a blob was seen, the latest first. */
  places(digest: Digest): readonly Place[] {
    return query<Place>(
      this.#database,
      "SELECT registry AS domain, repository AS path FROM remote_blobs WHERE digest = ? ORDER BY seen DESC LIMIT 16",
    ).all(digest);
  }
}
