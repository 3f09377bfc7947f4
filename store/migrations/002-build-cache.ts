import type { Migration } from "./migration.ts";

/** The build cache (builder/cache) and what is known of build contexts (builder/context). Times in milliseconds since the epoch. */
export const buildCacheMigration: Migration = {
  name: "002-build-cache",
  sql: `
    CREATE TABLE cache_records (
      id INTEGER PRIMARY KEY,
      definition TEXT NOT NULL,  -- digest of the operation alone
      inputs TEXT NOT NULL,      -- digest of what it read
      layer TEXT NOT NULL,       -- diff id of the result
      size INTEGER NOT NULL,
      created TEXT NOT NULL,     -- time of the result, as image histories have it
      preimage TEXT NOT NULL,    -- what both digests were made of, as JSON
      made INTEGER NOT NULL,
      used INTEGER NOT NULL,
      UNIQUE (definition, inputs)
    ) STRICT;
    CREATE INDEX cache_records_used ON cache_records (used);

    -- The files a content digest stands for, one a line, so that a miss can be explained.
    CREATE TABLE content_listings (
      digest TEXT PRIMARY KEY,
      files TEXT NOT NULL,
      used INTEGER NOT NULL
    ) STRICT;

    -- What the files of one build context consist of, by their stats.
    CREATE TABLE context_files (
      context TEXT PRIMARY KEY,
      entries BLOB NOT NULL,
      used INTEGER NOT NULL
    ) STRICT;

    CREATE VIEW roots_build_cache AS SELECT layer AS digest FROM cache_records;
  `,
};
