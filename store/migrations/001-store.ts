import type { Migration } from "./migration.ts";

/** Content, layers, images, snapshots and leases. Times in milliseconds since the epoch; lists of digests as JSON arrays. */
export const storeMigration: Migration = {
  name: "001-store",
  sql: `
    -- Facts about the root: the boot it was last opened in, its snapshot driver.
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

    -- Counts opened leases; see leases.epoch.
    CREATE TABLE epoch (value INTEGER NOT NULL) STRICT;
    INSERT INTO epoch VALUES (0);

    CREATE TABLE blobs (
      digest TEXT PRIMARY KEY,
      size INTEGER NOT NULL,
      touched INTEGER NOT NULL,          -- the epoch in which it was last written
      durable INTEGER NOT NULL,          -- 1: its bytes are known to survive a power loss
      doomed INTEGER NOT NULL DEFAULT 0  -- 1: being deleted, no longer in the store
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX blobs_fleeting ON blobs (durable) WHERE durable = 0;
    CREATE INDEX blobs_doomed ON blobs (doomed) WHERE doomed = 1;

    -- Compressed forms of a layer.
    CREATE TABLE layer_blobs (
      diff_id TEXT NOT NULL REFERENCES blobs (digest) ON DELETE CASCADE,
      digest TEXT NOT NULL REFERENCES blobs (digest) ON DELETE CASCADE,
      media_type TEXT NOT NULL,
      PRIMARY KEY (diff_id, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX layer_blobs_digest ON layer_blobs (digest);

    -- Directories a snapshot driver made from layers, under layers/<hex of id>.
    CREATE TABLE derived (
      id TEXT PRIMARY KEY,
      layers TEXT NOT NULL,
      durable INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE images (
      id TEXT PRIMARY KEY,
      manifest_digest TEXT NOT NULL,
      manifest_type TEXT NOT NULL,
      manifest_size INTEGER NOT NULL,
      layers TEXT NOT NULL,
      size INTEGER NOT NULL,
      created INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- "docker.io/library/debian:bookworm"
    CREATE TABLE tags (
      reference TEXT PRIMARY KEY,
      image TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tags_image ON tags (image);
    -- "docker.io/library/debian@sha256:…"
    CREATE TABLE image_digests (
      reference TEXT PRIMARY KEY,
      image TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
      manifest TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX image_digests_image ON image_digests (image);

    CREATE TABLE snapshots (
      key TEXT PRIMARY KEY,
      layers TEXT NOT NULL,
      created INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- A blob touched in the epoch of a lease or later is not collected while the lease lives.
    CREATE TABLE leases (
      id TEXT PRIMARY KEY,
      what TEXT NOT NULL,
      owner TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      created INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE lease_items (
      lease TEXT NOT NULL REFERENCES leases (id) ON DELETE CASCADE,
      kind TEXT NOT NULL CHECK (kind IN ('blob', 'snapshot', 'temporary', 'cgroup')),
      value TEXT NOT NULL,
      PRIMARY KEY (lease, kind, value)
    ) STRICT, WITHOUT ROWID;

    CREATE VIEW roots_images AS
      SELECT id AS digest FROM images
      UNION ALL SELECT manifest_digest FROM images
      UNION ALL SELECT value FROM images, json_each(images.layers)
      UNION ALL SELECT manifest FROM image_digests;
    CREATE VIEW roots_snapshots AS
      SELECT value AS digest FROM snapshots, json_each(snapshots.layers);
    CREATE VIEW roots_leases AS
      SELECT value AS digest FROM lease_items WHERE kind = 'blob';
    CREATE VIEW owners_leases AS
      SELECT value AS key FROM lease_items WHERE kind = 'snapshot';
  `,
};
