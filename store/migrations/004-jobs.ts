import type { Migration } from "./migration.ts";

/** Builds, commits, loads, prunes: what was done to the root, when, and how it ended. Times in milliseconds since the epoch. */
export const jobsMigration: Migration = {
  name: "004-jobs",
  sql: `
    CREATE TABLE jobs (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      arguments TEXT NOT NULL,  -- JSON
      started INTEGER NOT NULL,
      finished INTEGER,         -- NULL while it runs, and for ever when its process died
      outcome TEXT              -- "done", or the code of its failure
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX jobs_started ON jobs (started);
  `,
};
