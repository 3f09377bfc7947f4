import type { Migration } from "./migration.ts";

/** What the steps of each build were made of, for explanations only. Times in milliseconds since the epoch. */
export const formerBuildsMigration: Migration = {
  name: "015-former-builds",
  sql: `
    CREATE TABLE former_builds (
      build TEXT PRIMARY KEY,   -- digest of the context's path, the Dockerfile's and the target
      steps TEXT NOT NULL,      -- the preimage of each step's key, as JSON
      used INTEGER NOT NULL
    ) STRICT;
  `,
};
