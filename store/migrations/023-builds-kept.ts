import type { Migration } from "./migration.ts";

/** What decides how long builds are kept is read from an index, not from the wide rows of up to a thousand builds. */
export const buildsKeptMigration: Migration = {
  name: "023-builds-kept",
  sql: `
    DROP INDEX builds_started;
    CREATE INDEX builds_kept ON builds (started, log_bytes);
  `,
};
