import type { Abortable } from "../../core/streams.ts";

export interface LogQuery {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Inclusive. */
  readonly since?: Date;
  readonly until?: Date;
  /** The last entries only, counted before the other conditions apply. */
  readonly tail?: number;
  /** Goes on until the container's output ends. */
  readonly follow: boolean;
}

export interface LogEntry {
  readonly stream: "stdout" | "stderr";
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  /** With its newline; without one it is a piece of a line that goes on in the next entry of its stream. */
  readonly line: Uint8Array;
  /** What its container had the log keep with each entry. */
  readonly details?: Readonly<Record<string, string>>;
}

export interface LogOptions extends Abortable {
  /** Called once the log is open: that its container is removed makes no difference any more. */
  readonly opened?: () => void;
}

/** Optional to log drivers: those that ship logs away cannot read them back. */
export interface LogReader {
  /** `ended` settles when nothing more will be written. */
  read(query: LogQuery, options: { readonly ended: Promise<unknown> } & LogOptions): AsyncIterable<LogEntry>;
}
