import type { Abortable } from "../core/streams.ts";
import type { EngineEvent } from "../runtime/events.ts";

export type { EngineEvent };

export interface EventQuery {
  /** Events from this moment on come first; without it only what happens from now on. */
  readonly since?: Date;
  /** Ends the stream; a moment that is over ends it after the history. */
  readonly until?: Date;
  /** As `docker events -f`: container, daemon, event, image, label, network, scope, type, volume. Values of one key are alternatives, except labels. */
  readonly filters?: Readonly<Record<string, readonly string[]>>;
}

export interface EventService {
  /**
   * What happens to the state root, whatever process does it, in the order it was written down. Without `until` it ends by its signal alone, without
   * an error. Throws FILTER_UNKNOWN at the call.
   */
  stream(query?: EventQuery, options?: Abortable): AsyncIterable<EngineEvent>;
}
