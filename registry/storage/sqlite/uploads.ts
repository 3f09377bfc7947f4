import type { Database } from "better-sqlite3";
import type { DigestAlgorithm } from "../../../core/digest.ts";
import { query } from "../../../store/database.ts";
import type { UploadRecord } from "../registry-metadata.ts";

interface Row {
  readonly id: string;
  readonly repository: string;
  readonly algorithm: DigestAlgorithm;
  readonly started: number;
}
const COLUMNS = "id, repository, algorithm, started";
const recordOf = ({ started, ...rest }: Row): UploadRecord => ({ ...rest, startedAt: new Date(started) });

export class UploadTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  create({ id, repository, algorithm }: Omit<UploadRecord, "startedAt">): void {
    const now = Date.now();
    query(
      this.#database,
      "INSERT INTO registry_uploads (id, repository, algorithm, started, touched) VALUES (?, ?, ?, ?, ?)",
    ).run(id, repository, algorithm, now, now);
  }

  get(id: string): UploadRecord | undefined {
    const row = query<Row>(this.#database, `SELECT ${COLUMNS} FROM registry_uploads WHERE id = ?`).get(id);
    return row && recordOf(row);
  }

  touch(id: string): void {
    query(this.#database, "UPDATE registry_uploads SET touched = ? WHERE id = ?").run(Date.now(), id);
  }

  delete(id: string): boolean {
    return query(this.#database, "DELETE FROM registry_uploads WHERE id = ?").run(id).changes > 0;
  }

  stale(before: Date): readonly UploadRecord[] {
    const sql = `SELECT ${COLUMNS} FROM registry_uploads WHERE touched < ? ORDER BY touched`;
    return query<Row>(this.#database, sql).all(before.getTime()).map(recordOf);
  }
}
