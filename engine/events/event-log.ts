import { EventEmitter, once } from "node:events";
import type { Database } from "better-sqlite3";
import type { Abortable } from "../../core/streams.ts";
import type { EngineEvent, EventSink } from "../../runtime/events.ts";
import { query } from "../../store/database.ts";

/** How many events the history keeps. */
const KEPT = 10_000;
const BATCH = 500;
/** How long until one looks by oneself: another process's events are not announced. */
const LOOK_AGAIN_MS = 100;

interface Row {
  readonly sequence: number;
  readonly time: number;
  readonly type: EngineEvent["type"];
  readonly action: string;
  readonly id: string;
  readonly attributes: string;
}

/** The history of a state root, shared by its processes: rows that are only appended, the oldest ones forgotten. */
export class EventLog {
  readonly #database: Database;
  readonly #announced = new EventEmitter().setMaxListeners(0);

  constructor(database: Database) {
    this.#database = database;
  }

  readonly record: EventSink = ({ type, action, id, attributes, time }) => {
    const at = time === undefined ? nowMicros() : time.getTime() * 1000;
    const { lastInsertRowid } = query(
      this.#database,
      "INSERT INTO events (time, type, action, id, attributes) VALUES (?, ?, ?, ?, ?)",
    ).run(at, type, action, id, JSON.stringify(attributes));
    query(this.#database, "DELETE FROM events WHERE sequence <= ?").run(Number(lastInsertRowid) - KEPT);
    this.#announced.emit("event");
  };

  /** The place behind the newest event. */
  end(): number {
    const row = query<{ last: number | null }>(
      this.#database,
      "SELECT max(sequence) AS last FROM events",
    ).get();
    return row?.last ?? 0;
  }

  /** The place before the first event that is not older than `since`. */
  before(since: Date): number {
    const row = query<{ first: number | null }>(
      this.#database,
      "SELECT min(sequence) AS first FROM events WHERE time >= ?",
    ).get(since.getTime() * 1000);
    return row?.first === null || row === undefined ? this.end() : row.first - 1;
  }

  /** Some events behind `place`, in order. */
  read(place: number): readonly { readonly place: number; readonly event: EngineEvent }[] {
    return query<Row>(
      this.#database,
      `SELECT sequence, time, type, action, id, attributes FROM events WHERE sequence > ? ORDER BY sequence LIMIT ${BATCH}`,
    )
      .all(place)
      .map((row) => ({ place: row.sequence, event: toEvent(row) }));
  }

  /** With what a container ended the last time, if that is not too long ago. */
  exitCodeOf(id: string): number | undefined {
    const row = query<{ code: string | null }>(
      this.#database,
      `SELECT attributes ->> 'exitCode' AS code FROM events WHERE type = 'container' AND action = 'die' AND id = ?
       ORDER BY sequence DESC LIMIT 1`,
    ).get(id);
    return row?.code == null ? undefined : Number(row.code);
  }

  /** Resolves when there may be more to read, or by its signal. */
  async next({ signal }: Abortable = {}): Promise<void> {
    const look = AbortSignal.timeout(LOOK_AGAIN_MS);
    const either = signal === undefined ? look : AbortSignal.any([look, signal]);
    await once(this.#announced, "event", { signal: either }).catch(() => undefined);
  }
}

/** `performance` says it too, and takes milliseconds to load. */
const nowMicros = (): number => STARTED_MICROS + Number(process.hrtime.bigint() / 1000n);
const STARTED_MICROS = Date.now() * 1000 - Number(process.hrtime.bigint() / 1000n);

const toEvent = ({ time, type, action, id, attributes }: Row): EngineEvent => ({
  type,
  action,
  id,
  attributes: JSON.parse(attributes) as Record<string, string>,
  timeNano: BigInt(time) * 1000n,
});
