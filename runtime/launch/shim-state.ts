import { readIfThere } from "../../core/if-there.ts";
import type { ExitRecord } from "./shim.ts";

/** One of a container's latest events, numbered from 1 since it was started by hand. `time` RFC 3339 with nanoseconds. */
export type ShimEvent = { readonly number: number; readonly time: string } & (
  | { readonly action: "start" | "oom" }
  | { readonly action: "die"; readonly code: number }
  | { readonly action: "health_status"; readonly status: string }
);

export interface ProbeResult {
  /** RFC 3339 with nanoseconds. */
  readonly start: string;
  readonly end: string;
  /** -1 for a probe that could not run or did not end in time. */
  readonly code: number;
  readonly output: string;
}

export interface HealthState {
  readonly status: "starting" | "healthy" | "unhealthy";
  /** Failures in a row that count. */
  readonly streak: number;
  /** The last five. */
  readonly log: readonly ProbeResult[];
}

/** What a shim writes of a container that it starts again or whose health it watches: native/launcher/state_file.h. */
export interface ShimStateFile {
  readonly pid: number;
  /** Start time of that process, in clock ticks since boot. */
  readonly ticks: string;
  readonly startedAt: string;
  readonly restarts: number;
  /** Its process has ended and will be started again. */
  readonly waiting: boolean;
  /** How the last run ended. */
  readonly last?: ExitRecord;
  readonly health?: HealthState;
  readonly events: readonly ShimEvent[];
}

/** Undefined when there is none: nothing has become of the container since it was started. */
export function readShimState(path: string): ShimStateFile | undefined {
  const text = readIfThere(path);
  return text === undefined ? undefined : (JSON.parse(text) as ShimStateFile);
}
