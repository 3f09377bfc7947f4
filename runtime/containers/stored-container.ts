import type { Digest } from "../../core/digest.ts";
import type { Owner } from "../../store/owner.ts";
import type { EndpointRecord, HostConfig, MountPoint, ProcessConfig } from "../container-config.ts";
import type { CreatedPath } from "../launch/launcher.ts";
import type { ExitRecord } from "../launch/shim.ts";
import type { HealthState } from "../launch/shim-state.ts";
import type { Connections } from "./connections.ts";

/** What was last written down of a container's state; what is true now is for observe.ts to tell. */
export type StoredState =
  | {
      readonly phase: "created";
      /** The process that is at making it. */
      readonly making?: Owner;
      /** Of a start that failed. */
      readonly error?: string;
      readonly exitCode?: number;
    }
  | {
      readonly phase: "running";
      readonly pid: number;
      /** Names its first process for good. */
      readonly process: Owner;
      /** The shim that looks after it, through all its runs. */
      readonly shim: Owner;
      /** RFC 3339 with nanoseconds. */
      readonly startedAt: string;
      readonly endpoints: readonly EndpointRecord[];
      readonly cgroup: string;
      /** How often the shim started it again. */
      readonly restarts?: number;
      /** It has no process: the last one ended like this, and the shim will start it again. */
      readonly waiting?: ExitRecord;
      readonly health?: HealthState;
      /** Number of the last of the shim's events that was recorded. */
      readonly seen?: number;
    }
  | {
      readonly phase: "exited";
      readonly exitCode: number;
      readonly oomKilled: boolean;
      readonly startedAt: string;
      readonly finishedAt: string;
      readonly error: string;
      /** By somebody's wish. */
      readonly stopped?: boolean;
      readonly restarts?: number;
      readonly health?: HealthState;
    };
export type RunningState = Extract<StoredState, { phase: "running" }>;

/** What a container shall be; never changes but for its name and its networks. */
export interface StoredContainer {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly imageId: Digest;
  readonly layers: readonly Digest[];
  readonly config: ProcessConfig;
  readonly hostConfig: HostConfig;
  readonly mounts: readonly MountPoint[];
  readonly connections: Connections;
  /** What its starts made in its root filesystem to mount on. */
  readonly created: readonly CreatedPath[];
  readonly state: StoredState;
}
export type RunningContainer = StoredContainer & { readonly state: RunningState };

/** How it ended, as far as that is known: one that never ran by what its start failed with, one whose end nobody noted as killed. */
export function exitOf(state: StoredState): { readonly exitCode: number; readonly error?: string } {
  if (state.phase === "exited") return { exitCode: state.exitCode };
  if (state.phase === "running") return { exitCode: 137 };
  return { exitCode: state.exitCode ?? 0, ...(state.error === undefined ? {} : { error: state.error }) };
}
