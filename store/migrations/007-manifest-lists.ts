import type { Migration } from "./migration.ts";

/** Manifest lists made by `manifest create`, until they are pushed. */
export const manifestListsMigration: Migration = {
  name: "007-manifest-lists",
  sql: `
    CREATE TABLE manifest_lists (
      reference TEXT PRIMARY KEY,  -- in full, with its tag
      entries TEXT NOT NULL        -- JSON: where each manifest is, and its descriptor
    ) STRICT, WITHOUT ROWID;
  `,
};
