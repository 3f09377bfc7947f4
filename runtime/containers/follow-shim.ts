import { bootId } from "../../store/owner.ts";
import type { EventSink } from "../events.ts";
import type { ShimEvent, ShimStateFile } from "../launch/shim-state.ts";
import { containerEvent } from "./describe-event.ts";
import type { RunningContainer, RunningState, StoredContainer } from "./stored-container.ts";

/** A running container as its shim has it now: its process may be another than the one that was started by hand, or none for a while. */
export function followed(state: RunningState, now: ShimStateFile): RunningState {
  const { pid, ticks, startedAt, restarts, waiting, last, health } = now;
  const { waiting: _, ...rest } = state;
  return {
    ...rest,
    pid,
    process: `${bootId()}-${pid}-${ticks}`,
    startedAt,
    restarts,
    ...(waiting && last !== undefined ? { waiting: last } : {}),
    ...(health === undefined ? {} : { health }),
  };
}

export const newestEvent = ({ events }: ShimStateFile): number => events.at(-1)?.number ?? 0;

type Detail = { readonly action: string; readonly detail?: Readonly<Record<string, string>> };

const describe = (event: ShimEvent): Detail =>
  event.action === "die"
    ? { action: "die", detail: { exitCode: String(event.code) } }
    : event.action === "health_status"
      ? { action: `health_status: ${event.status}` }
      : { action: event.action };

/** Records what happened since somebody looked last. */
export function recordNews(
  container: StoredContainer,
  { events }: ShimStateFile,
  seen: number,
  record: EventSink,
): void {
  for (const event of events) {
    if (event.number <= seen) continue;
    const { action, detail } = describe(event);
    record({ ...containerEvent(container, action, detail), time: new Date(event.time) });
  }
}

/** Its process runs; undefined while it waits to be started again. */
export const hasProcess = ({ state }: RunningContainer): boolean => state.waiting === undefined;
