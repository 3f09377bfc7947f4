import type { Migration } from "./migration.ts";

/** Part of a registry on a directory of its own too. */
export const registryAwaitedMigration: Migration = {
  name: "009-registry-awaited",
  sql: `
    -- 1: a client was told that the blob is here, and no manifest has named it since; a push that takes long may still do so.
    ALTER TABLE registry_blobs ADD COLUMN awaited INTEGER NOT NULL DEFAULT 0;
  `,
};
