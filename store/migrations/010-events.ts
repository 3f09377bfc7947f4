import type { Migration } from "./migration.ts";

/** What happened to the objects of the root, the newest some thousands. Times in microseconds since the epoch. */
export const eventsMigration: Migration = {
  name: "010-events",
  sql: `
    CREATE TABLE events (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      time INTEGER NOT NULL,
      type TEXT NOT NULL,
      action TEXT NOT NULL,
      id TEXT NOT NULL,
      attributes TEXT NOT NULL  -- JSON
    ) STRICT;
    CREATE INDEX events_time ON events (time);
  `,
};
