/** What happens to the objects of a state root, in the words of Docker's events. */
export interface EngineEvent {
  readonly type: "builder" | "container" | "daemon" | "image" | "network" | "volume";
  /** "start", "exec_create: sh -c ls", "health_status: healthy". */
  readonly action: string;
  /** Id of the object; its name where that is what it has (volumes). */
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Nanoseconds since the epoch, exact to the microsecond. */
  readonly timeNano: bigint;
}

/** Writes an event down; `time` is now unless it happened before somebody noticed. */
export type EventSink = (event: Omit<EngineEvent, "timeNano"> & { readonly time?: Date }) => void;
