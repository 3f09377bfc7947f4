import { Failure } from "../../core/errors.ts";
import type { ExecRecord, ExecSession } from "../exec-api.ts";

export interface ExecEntry {
  readonly record: ExecRecord;
  /** Once it was started. */
  readonly session?: ExecSession;
}

/** The additional processes that were asked for through this engine. */
export class ExecTable {
  readonly #entries = new Map<string, ExecEntry>();

  /** Takes the place of what is there under its id. */
  set(entry: ExecEntry): void {
    this.#entries.set(entry.record.id, entry);
  }

  /** Throws EXEC_UNKNOWN. */
  get(id: string): ExecEntry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Failure("EXEC_UNKNOWN", { exec: id });
    return entry;
  }

  delete(id: string): void {
    this.#entries.delete(id);
  }

  /** The ids of a container's, without those that ended. */
  unfinished(container: string): readonly string[] {
    return [...this.#entries.values()].flatMap(({ record }) =>
      record.container === container && record.status !== "exited" ? [record.id] : [],
    );
  }
}
