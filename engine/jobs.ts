import type { Database } from "better-sqlite3";
import { Failure } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { query } from "../store/database.ts";

/** How long the history goes back. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;

/** The kinds of work the history keeps. */
export type JobKind =
  | "build"
  | "commit"
  | "pull"
  | "push"
  | "load"
  | "save"
  | "import"
  | "prune"
  | "collect"
  | "check";

/**
 * The history of what was done to a state root: one row when a job begins, one update when it ends. A job whose process died keeps no outcome.
 */
export class Jobs {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Runs `work` as a job; its failure is recorded and passed on. */
  async record<T>(
    kind: JobKind,
    args: Readonly<Record<string, unknown>>,
    work: () => Promise<T>,
  ): Promise<T> {
    const id = newId();
    query(this.#database, "DELETE FROM jobs WHERE started < ?").run(Date.now() - KEPT_MS);
    query(this.#database, "INSERT INTO jobs (id, kind, arguments, started) VALUES (?, ?, ?, ?)").run(
      id,
      kind,
      JSON.stringify(args),
      Date.now(),
    );
    try {
      const result = await work();
      this.#finish(id, "done");
      return result;
    } catch (error) {
      this.#finish(id, error instanceof Failure ? error.code : "failed");
      throw error;
    }
  }

  #finish(id: string, outcome: string): void {
    query(this.#database, "UPDATE jobs SET finished = ?, outcome = ? WHERE id = ?").run(
      Date.now(),
      outcome,
      id,
    );
  }
}
