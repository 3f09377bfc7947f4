import type { ContainerRecord } from "../../runtime/container-config.ts";

/** True while it has processes, moving or not, or will soon have some again. */
export const isActive = ({ state }: ContainerRecord): boolean =>
  state.status === "running" || state.status === "paused" || state.status === "restarting";
