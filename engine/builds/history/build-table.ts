import type { Database } from "better-sqlite3";
import type { BuildEvent } from "../../../builder/events.ts";
import type { Digest } from "../../../core/digest.ts";
import { query, transact } from "../../../store/database.ts";
import { isAlive, thisOwner } from "../../../store/owner.ts";
import type { BuildAsked, BuildFault, BuildStatus, StepCounts } from "../../build-history-api.ts";
import { decodeEvents, encodeEvents } from "./event-codec.ts";
import type { StepProgress, Warned } from "./progress.ts";

/** How far the history goes back: age, number, and bytes of logs. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
const KEPT_BUILDS = 1000;
const KEPT_BYTES = 1024 ** 3;

/** What came of a build so far. */
export interface BuildState {
  readonly counts: StepCounts;
  readonly steps: readonly StepProgress[];
  readonly warnings: readonly Warned[];
  readonly image?: Digest;
  readonly manifest?: Digest;
  readonly fault?: BuildFault;
  readonly truncated: boolean;
}
export interface BuildRow {
  readonly ref: string;
  readonly started: number;
  readonly finished: number | undefined;
  readonly status: BuildStatus;
  readonly asked: BuildAsked;
  readonly state: BuildState;
  readonly logBytes: number;
}
interface Stored {
  readonly ref: string;
  readonly started: number;
  readonly finished: number | null;
  readonly status: BuildStatus;
  readonly owner: string;
  readonly request: string;
  readonly state: string;
  readonly log_bytes: number;
}

const NOTHING: BuildState = {
  counts: { total: 0, completed: 0, cached: 0 },
  steps: [],
  warnings: [],
  truncated: false,
};
const DIED: BuildFault = { message: "the process that built it ended before the build did" };

/** Builds and their journals as rows, shared by all processes of a state root. */
export class BuildTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A build of the same ref is replaced. What is too old goes. */
  begin(ref: string, asked: BuildAsked, started: number): void {
    transact(this.#database, () => {
      this.remove(ref);
      query(
        this.#database,
        "INSERT INTO builds (ref, started, status, owner, request, state) VALUES (?, ?, 'running', ?, ?, ?)",
      ).run(ref, started, thisOwner(), JSON.stringify(asked), JSON.stringify(NOTHING));
      this.#forgetOld(started);
    });
  }

  append(ref: string, events: readonly BuildEvent[], state: BuildState): void {
    const chunk = encodeEvents(events);
    transact(this.#database, () => {
      const { changes } = query(
        this.#database,
        "UPDATE builds SET state = ?, log_bytes = log_bytes + ? WHERE ref = ?",
      ).run(JSON.stringify(state), chunk.byteLength, ref);
      if (changes > 0)
        query(this.#database, "INSERT INTO build_journal (build, events) VALUES (?, ?)").run(ref, chunk);
    });
  }

  end(
    ref: string,
    end: { readonly status: BuildStatus; readonly state: BuildState; readonly time: number },
  ): void {
    query(this.#database, "UPDATE builds SET status = ?, state = ?, finished = ? WHERE ref = ?").run(
      end.status,
      JSON.stringify(end.state),
      end.time,
      ref,
    );
  }

  find(ref: string): BuildRow | undefined {
    const row = query<Stored>(this.#database, "SELECT * FROM builds WHERE ref = ?").get(ref);
    return row === undefined ? undefined : this.#read(row);
  }

  /** The newest first. */
  list(): readonly BuildRow[] {
    return query<Stored>(this.#database, "SELECT * FROM builds ORDER BY started DESC, ref")
      .all()
      .map((row) => this.#read(row));
  }

  /** A piece of the journal behind `place`, 0 being its beginning. */
  read(
    ref: string,
    place: number,
  ): { readonly place: number; readonly events: readonly BuildEvent[] } | undefined {
    const row = query<{ id: number; events: Buffer }>(
      this.#database,
      "SELECT id, events FROM build_journal WHERE build = ? AND id > ? ORDER BY id LIMIT 1",
    ).get(ref, place);
    return row === undefined ? undefined : { place: row.id, events: decodeEvents(row.events) };
  }

  remove(ref: string): void {
    query(this.#database, "DELETE FROM builds WHERE ref = ?").run(ref);
  }

  #read({ ref, started, finished, status, owner, request, state, log_bytes: logBytes }: Stored): BuildRow {
    const row = {
      ref,
      started,
      finished: finished ?? undefined,
      status,
      asked: JSON.parse(request) as BuildAsked,
      state: JSON.parse(state) as BuildState,
      logBytes,
    };
    if (status !== "running" || isAlive(owner)) return row;
    const died: BuildRow = { ...row, status: "error", state: { ...row.state, fault: DIED } };
    query(this.#database, "UPDATE builds SET status = 'error', state = ? WHERE ref = ?").run(
      JSON.stringify(died.state),
      ref,
    );
    return died;
  }

  #forgetOld(now: number): void {
    const tooMany = query<{ started: number }>(
      this.#database,
      "SELECT started FROM builds ORDER BY started DESC LIMIT 1 OFFSET ?",
    ).get(KEPT_BUILDS);
    const tooMuch = query<{ started: number | null }>(
      this.#database,
      `SELECT max(started) AS started FROM (
         SELECT started, sum(log_bytes) OVER (ORDER BY started DESC ROWS UNBOUNDED PRECEDING) AS bytes FROM builds
       ) WHERE bytes > ?`,
    ).get(KEPT_BYTES);
    query(this.#database, "DELETE FROM builds WHERE status <> 'running' AND started <= ?").run(
      Math.max(now - KEPT_MS, tooMany?.started ?? 0, tooMuch?.started ?? 0),
    );
  }
}
