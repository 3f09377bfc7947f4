import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/digest.ts";
import { formatPlatform, parsePlatform } from "../../core/platform.ts";
import { query } from "../database.ts";
import type { ListMember } from "../types.ts";

/** The rows of tags that stand for several images. Changes belong into the transaction that changes the tag. */
export class ListTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `reference`: as the table of tags has it. */
  set(reference: string, members: readonly ListMember[]): void {
    members.forEach(({ image, platform }, position) => {
      query(
        this.#database,
        "INSERT INTO image_lists (reference, position, image, platform) VALUES (?, ?, ?, ?)",
      ).run(reference, position, image, formatPlatform(platform));
    });
  }

  clear(reference: string): void {
    query(this.#database, "DELETE FROM image_lists WHERE reference = ?").run(reference);
  }

  /** Half of what was meant is not what was meant. */
  clearWith(image: Digest): void {
    query(
      this.#database,
      "DELETE FROM image_lists WHERE reference IN (SELECT reference FROM image_lists WHERE image = ?)",
    ).run(image);
  }

  get(reference: string): readonly ListMember[] | undefined {
    const rows = query<{ readonly image: Digest; readonly platform: string }>(
      this.#database,
      "SELECT image, platform FROM image_lists WHERE reference = ? ORDER BY position",
    ).all(reference);
    if (rows.length === 0) return undefined;
    return rows.map(({ image, platform }) => ({ image, platform: parsePlatform(platform) }));
  }
}
