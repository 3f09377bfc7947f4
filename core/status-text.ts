import { humanDuration } from "./human-duration.ts";

/** What a container's status is told from; times as RFC 3339. */
export interface StatusFacts {
  readonly status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
  readonly exitCode: number;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly health?: { readonly status: string };
}

const healthText = (status: string | undefined): string =>
  status === undefined ? "" : ` (${status === "starting" ? "health: starting" : status})`;

/** "Up 3 minutes", "Exited (0) 2 hours ago", "Created". `now` in milliseconds since the epoch. */
export function statusText(state: StatusFacts, now: number): string {
  const since = (time: string | undefined) => humanDuration(now - Date.parse(time ?? ""));
  const texts: Readonly<Record<StatusFacts["status"], () => string>> = {
    created: () => "Created",
    running: () => `Up ${since(state.startedAt)}${healthText(state.health?.status)}`,
    paused: () => `Up ${since(state.startedAt)} (Paused)`,
    restarting: () => `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`,
    removing: () => "Removal In Progress",
    exited: () => `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`,
    dead: () => "Dead",
  };
  return texts[state.status]();
}
