import type { Migration } from "./migration.ts";

/** What the build cache is worth and what it takes. Times in milliseconds since the epoch. */
export const cacheValueMigration: Migration = {
  name: "021-cache-value",
  sql: `
    -- How often it was used, how long it took to make (0: not known), and the layers it was made on, as a JSON list.
    ALTER TABLE cache_records ADD COLUMN uses INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE cache_records ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE cache_records ADD COLUMN parents TEXT NOT NULL DEFAULT '[]';
    CREATE INDEX cache_records_layer ON cache_records (layer);
    ALTER TABLE cache_mounts ADD COLUMN uses INTEGER NOT NULL DEFAULT 1;

    -- What was measured on the disk, and of what: as long as state is the same, so is the size.
    CREATE TABLE cache_sizes (
      id TEXT PRIMARY KEY,
      state TEXT NOT NULL,
      bytes INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Records that were removed, for explanations only.
    CREATE TABLE cache_evictions (
      definition TEXT NOT NULL,
      inputs TEXT NOT NULL,
      why TEXT NOT NULL,         -- the rest of a sentence about a step's result
      removed INTEGER NOT NULL,
      PRIMARY KEY (definition, inputs)
    ) STRICT, WITHOUT ROWID;
  `,
};
