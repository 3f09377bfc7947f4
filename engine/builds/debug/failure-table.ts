import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { Database } from "better-sqlite3";
import type { FailedState } from "../../../builder/steps/failed-state.ts";
import { query, transact } from "../../../store/database.ts";
import { bootId } from "../../../store/owner.ts";

/** How long a failed state stays, and how many of them. */
const KEPT_MS = 24 * 60 * 60 * 1000;
const KEPT_STATES = 5;
/** Of the disk: with less than that nothing is kept, as it may be what the step needed. */
const LEAST_FREE = 0.05;

export interface KeptFailure {
  readonly snapshot: string;
  readonly command: readonly string[];
  readonly failedAt: Date;
}

/** The states of failed steps, one a build. Their snapshots are owned by the rows. */
export class FailureTable {
  readonly #database: Database;
  readonly #clock: () => number;

  constructor(database: Database, clock: () => number) {
    this.#database = database;
    this.#clock = clock;
  }

  /** False when the build has one already, as what failed first is what counts, and when the disk is full or almost so. */
  put(build: string, state: FailedState): boolean {
    try {
      return this.#hasRoom() && this.#insert(build, state);
    } catch {
      // The step's own failure is what has to be told.
      return false;
    }
  }

  #hasRoom(): boolean {
    const { bavail, blocks } = statfsSync(dirname(this.#database.name));
    return bavail >= blocks * LEAST_FREE;
  }

  #insert(build: string, state: FailedState): boolean {
    const layers = state.mounts.flatMap((mount) => (mount.kind === "layers" ? mount.layers : []));
    const { changes } = query(
      this.#database,
      "INSERT OR IGNORE INTO build_failures (build, snapshot, state, layers, boot, failed) VALUES (?, ?, ?, ?, ?, ?)",
    ).run(build, state.snapshot, JSON.stringify(state), JSON.stringify(layers), bootId(), this.#clock());
    return changes > 0;
  }

  /** Undefined when there is none, or when the machine was started anew since. */
  find(build: string): FailedState | undefined {
    const row = query<{ state: string; boot: string }>(
      this.#database,
      "SELECT state, boot FROM build_failures WHERE build = ?",
    ).get(build);
    return row?.boot === bootId() ? (JSON.parse(row.state) as FailedState) : undefined;
  }

  /** All of them, the last one first. */
  list(): readonly KeptFailure[] {
    return query<{ snapshot: string; state: string; failed: number }>(
      this.#database,
      "SELECT snapshot, state, failed FROM build_failures ORDER BY failed DESC",
    )
      .all()
      .map(({ snapshot, state, failed }) => {
        const { process } = JSON.parse(state) as FailedState;
        return { snapshot, command: process.args, failedAt: new Date(failed) };
      });
  }

  /** Forgets one; false when there was none. The caller removes the snapshot. */
  take(snapshot: string): boolean {
    return query(this.#database, "DELETE FROM build_failures WHERE snapshot = ?").run(snapshot).changes > 0;
  }

  /** Forgets those of builds that the history has forgotten, and old ones; returns their snapshots, which the caller removes. */
  takeOld(): readonly string[] {
    return transact(this.#database, () =>
      query<{ snapshot: string }>(
        this.#database,
        `DELETE FROM build_failures
         WHERE failed < ? OR boot <> ? OR build NOT IN (SELECT ref FROM builds)
           OR build NOT IN (SELECT build FROM build_failures ORDER BY failed DESC LIMIT ${KEPT_STATES})
         RETURNING snapshot`,
      )
        .all(this.#clock() - KEPT_MS, bootId())
        .map(({ snapshot }) => snapshot),
    );
  }
}
