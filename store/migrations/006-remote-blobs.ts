import type { Migration } from "./migration.ts";

/** Which repositories of other registries are known to have a blob, so that a push can have it mounted from there. Times in milliseconds since the epoch. */
export const remoteBlobsMigration: Migration = {
  name: "006-remote-blobs",
  sql: `
    CREATE TABLE remote_blobs (
      digest TEXT NOT NULL,
      registry TEXT NOT NULL,    -- as references name it: "docker.io", "localhost:5000"
      repository TEXT NOT NULL,
      seen INTEGER NOT NULL,
      PRIMARY KEY (digest, registry, repository)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX remote_blobs_seen ON remote_blobs (seen);
  `,
};
