import { humanDuration } from "../../core/human-duration.ts";
import type { BuildRecord, BuildStatus } from "../../engine/api.ts";
import type { Listing } from "../listing.ts";

const NAME_WIDTH = 36;

const STATUS: Readonly<Record<BuildStatus, string>> = {
  running: "Running",
  completed: "Completed",
  error: "Error",
  canceled: "Canceled",
};

/** "1.4s", "2m  5s", as buildx writes them. */
export function shortDuration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  return `${Math.trunc(ms / 60_000)}m ${String(Math.trunc(ms / 1000) % 60).padStart(2)}s`;
}

const lastPart = (text: string): string =>
  text.length <= NAME_WIDTH ? text : `..${text.slice(text.length - NAME_WIDTH + 2)}`;

/** The columns of `docker buildx history ls`. `now` in milliseconds since the epoch. */
export const buildListing = (options: {
  readonly truncate: boolean;
  readonly now: number;
}): Listing<BuildRecord> => ({
  quiet: "Ref",
  table: ["Ref", "Name", "Status", "CreatedAt", "Duration"],
  fields: {
    Ref: { header: "BUILD ID", value: ({ ref }) => ref },
    Name: { header: "NAME", value: ({ name }) => (options.truncate ? lastPart(name) : name) },
    Status: { header: "STATUS", value: ({ status }) => STATUS[status] },
    CreatedAt: {
      header: "CREATED AT",
      value: ({ startedAt }) => `${humanDuration(options.now - startedAt.getTime())} ago`,
    },
    Duration: {
      header: "DURATION",
      value: ({ duration, status }) => `${shortDuration(duration)}${status === "running" ? "+" : ""}`,
    },
  },
});

/** The document of `docker buildx history ls --format json`. */
export const buildSummary = ({ ref, name, status, startedAt, completedAt, steps }: BuildRecord) => ({
  ref,
  name,
  status: STATUS[status],
  created_at: startedAt.toISOString(),
  ...(completedAt === undefined ? {} : { completed_at: completedAt.toISOString() }),
  total_steps: steps.total,
  completed_steps: steps.completed,
  cached_steps: steps.cached,
});
