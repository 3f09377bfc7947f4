import type { Migration } from "./migration.ts";

/** The history of builds (engine/builds/history). Times in milliseconds since the epoch. */
export const buildsMigration: Migration = {
  name: "016-builds",
  sql: `
    CREATE TABLE builds (
      ref TEXT PRIMARY KEY,
      started INTEGER NOT NULL,
      finished INTEGER,                       -- NULL while it runs, and for ever when its process died
      status TEXT NOT NULL,                   -- "running", "completed", "error", "canceled"
      owner TEXT NOT NULL,                    -- the process that builds it
      request TEXT NOT NULL,                  -- what was asked for, as JSON
      state TEXT NOT NULL,                    -- what came of it so far, as JSON
      log_bytes INTEGER NOT NULL DEFAULT 0    -- of its part of the journal
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX builds_started ON builds (started);

    -- What builds told of their progress: compressed lines of JSON.
    CREATE TABLE build_journal (
      id INTEGER PRIMARY KEY,
      build TEXT NOT NULL REFERENCES builds (ref) ON DELETE CASCADE,
      events BLOB NOT NULL
    ) STRICT;
    CREATE INDEX build_journal_build ON build_journal (build);
  `,
};
