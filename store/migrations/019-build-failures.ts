import type { Migration } from "./migration.ts";

/** The states of failed steps (engine/builds/debug), each a snapshot that stays for a while. Times in milliseconds since the epoch. */
export const buildFailuresMigration: Migration = {
  name: "019-build-failures",
  sql: `
    CREATE TABLE build_failures (
      build TEXT PRIMARY KEY,
      snapshot TEXT NOT NULL,
      state TEXT NOT NULL,      -- the command and what it saw, as JSON
      layers TEXT NOT NULL,     -- diff ids of what its mounts show, as a JSON list
      boot TEXT NOT NULL,       -- a snapshot that was not synced means nothing after the machine's next start
      failed INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE VIEW owners_build_failures AS SELECT snapshot AS key FROM build_failures;
    CREATE VIEW roots_build_failures AS SELECT value AS digest FROM build_failures, json_each(build_failures.layers);
  `,
};
