import type { Migration } from "./migration.ts";

/** What is attested of images, without the statement around it, which names a manifest. */
export const attestationsMigration: Migration = {
  name: "022-attestations",
  sql: `
    CREATE TABLE image_attestations (
      image TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
      kind TEXT NOT NULL,                     -- "provenance", "sbom"
      type TEXT NOT NULL,                     -- of the predicate: "https://slsa.dev/provenance/v1"
      predicate TEXT NOT NULL,                -- the blob
      PRIMARY KEY (image, kind)
    ) STRICT, WITHOUT ROWID;
    CREATE VIEW roots_attestations AS SELECT predicate AS digest FROM image_attestations;
  `,
};
