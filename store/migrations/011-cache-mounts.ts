import type { Migration } from "./migration.ts";

/** The directories of RUN --mount=type=cache, below cachemounts/. Times in milliseconds since the epoch. */
export const cacheMountsMigration: Migration = {
  name: "011-cache-mounts",
  sql: `
    CREATE TABLE cache_mounts (
      key TEXT PRIMARY KEY,      -- name of its directory
      description TEXT NOT NULL, -- what it was made for, for people
      used INTEGER NOT NULL
    ) STRICT;

    -- A directory with a living user is not removed; "private" ones have one user at a time.
    CREATE TABLE cache_mount_users (
      id INTEGER PRIMARY KEY,
      mount TEXT NOT NULL,
      owner TEXT NOT NULL        -- the process: store/owner.ts
    ) STRICT;
    CREATE INDEX cache_mount_users_mount ON cache_mount_users (mount);
  `,
};
