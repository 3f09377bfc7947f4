import type { Abortable } from "../core/streams.ts";
import type { EventLog } from "./events/event-log.ts";
import { compileEventFilters } from "./events/match.ts";
import type { EngineEvent, EventQuery, EventService } from "./events-api.ts";

export class Events implements EventService {
  readonly #log: EventLog;
  readonly #look: () => Promise<void>;

  constructor(parts: {
    readonly log: EventLog;
    /** Notices what ended without a word to anybody. */
    readonly look: () => Promise<void>;
  }) {
    this.#log = parts.log;
    this.#look = parts.look;
  }

  stream(query: EventQuery = {}, options: Abortable = {}): AsyncIterable<EngineEvent> {
    const matches = compileEventFilters(query.filters ?? {});
    const start = query.since === undefined ? this.#log.end() : this.#log.before(query.since);
    return this.#read({ ...query, start, matches }, options);
  }

  async *#read(
    query: EventQuery & { readonly start: number; readonly matches: (event: EngineEvent) => boolean },
    { signal }: Abortable,
  ): AsyncGenerator<EngineEvent> {
    const { since, until, matches } = query;
    const inTime = (event: EngineEvent) =>
      (since === undefined || event.timeNano >= nanosOf(since)) &&
      (until === undefined || event.timeNano <= nanosOf(until));
    for (let place = query.start; signal?.aborted !== true; ) {
      // Asked before reading: what is written in between is read.
      const over = until !== undefined && Date.now() >= until.getTime();
      await this.#look();
      const found = this.#log.read(place);
      for (const { event } of found) if (inTime(event) && matches(event)) yield event;
      place = found.at(-1)?.place ?? place;
      if (found.length > 0) continue;
      if (over) return;
      await this.#log.next(signal === undefined ? {} : { signal });
    }
  }
}

const nanosOf = (date: Date): bigint => BigInt(date.getTime()) * 1_000_000n;
