import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/digest.ts";
import { query } from "../../store/database.ts";

/** The files behind content digests, kept for explanations only. A listing has one line a file: path, NUL, what counts of it; UTF-8. */
export class Listings {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  put(digest: Digest, files: Uint8Array): void {
    query(
      this.#database,
      "INSERT OR REPLACE INTO content_listings (digest, files, used) VALUES (?, CAST(? AS TEXT), ?)",
    ).run(digest, files, this.#now());
  }
}
