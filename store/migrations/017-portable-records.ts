import type { Migration } from "./migration.ts";

/** Which cache records other machines can use. Nothing is known of those made before. */
export const portableRecordsMigration: Migration = {
  name: "017-portable-records",
  sql: `
    -- 1: its key is made of content; 0: of what only this machine has, like inode numbers
    ALTER TABLE cache_records ADD COLUMN portable INTEGER NOT NULL DEFAULT 0;
  `,
};
