import type { Migration } from "./migration.ts";

/** Containers with their networks, addresses and volumes. Documents are JSON; times in them RFC 3339. */
export const containersMigration: Migration = {
  name: "003-containers",
  sql: `
    CREATE TABLE containers (
      id TEXT PRIMARY KEY,            -- its snapshot's key too
      name TEXT NOT NULL UNIQUE,
      image TEXT NOT NULL,
      layers TEXT NOT NULL,           -- diff ids, lowest first
      created TEXT NOT NULL,
      document TEXT NOT NULL,         -- what it shall be
      state TEXT NOT NULL             -- what was last known of it
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE networks (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      document TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- An address in use, by a container or by a process that runs transient ones.
    CREATE TABLE endpoints (
      id TEXT PRIMARY KEY,
      network TEXT NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
      container TEXT,
      process TEXT,
      address INTEGER NOT NULL,
      ports TEXT NOT NULL,            -- published ports
      UNIQUE (network, address)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX endpoints_container ON endpoints (container);

    CREATE TABLE volumes (
      name TEXT PRIMARY KEY,
      created TEXT NOT NULL,
      labels TEXT NOT NULL,
      anonymous INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE container_volumes (
      container TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
      volume TEXT NOT NULL REFERENCES volumes (name),
      PRIMARY KEY (container, volume)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX container_volumes_volume ON container_volumes (volume);

    CREATE VIEW roots_containers AS
      SELECT value AS digest FROM containers, json_each(containers.layers)
      UNION ALL SELECT image FROM containers;
    CREATE VIEW owners_containers AS
      SELECT id AS key FROM containers;
  `,
};
