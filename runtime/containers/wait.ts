import type { Abortable } from "../../core/streams.ts";
import type { Changes } from "./changes.ts";
import type { ContainerTable } from "./container-table.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { ContainerParts } from "./parts.ts";
import { exitOf, type StoredState } from "./stored-container.ts";

export type WaitCondition = "not-running" | "next-exit" | "removed";

interface Waited extends Pick<ContainerParts, "exitCodeOf"> {
  readonly table: ContainerTable;
  readonly lifecycle: Lifecycle;
  readonly changes: Changes;
}

/** Others may have run it and taken it away since it was looked at. */
const goneOf = (exitCode: number | undefined, last: StoredState): ReturnType<typeof exitOf> =>
  exitCode === undefined ? exitOf(last) : { exitCode };

/**
 * Resolves with the exit status when the condition is met: "not-running" is met at once by a container that does not run, "next-exit" waits
 * for a start first, "removed" for its removal. A run that a restart policy lets follow by another has ended all the same.
 */
export async function waitForContainer(
  id: string,
  condition: WaitCondition,
  parts: Waited,
  options: Abortable,
): Promise<{ readonly exitCode: number; readonly error?: string }> {
  const { table, lifecycle, changes, exitCodeOf } = parts;
  let last = table.find(id).state;
  for (let started = false; ; ) {
    const container = table.byId(id);
    if (container === undefined) return goneOf(exitCodeOf(id), last);
    last = container.state;
    if (last.phase === "running") {
      started = true;
      const run = condition !== "removed";
      last = await lifecycle.ended({ ...container, state: last }, { ...options, run });
    }
    if (condition !== "removed" && (started || condition === "not-running")) return exitOf(last);
    if (table.byId(id) !== undefined) await changes.next(id, options);
  }
}
