import type { Migration } from "./migration.ts";

/**
 * Repositories of the built-in registry; a registry on a root of its own has only this step. A row about a repository names it, because names
 * are short and never change. Times in milliseconds since the epoch.
 */
export const registryMigration: Migration = {
  name: "005-registry",
  sql: `
    CREATE TABLE registry_repositories (
      name TEXT PRIMARY KEY,
      created INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Blobs that can be pulled from a repository.
    CREATE TABLE registry_blobs (
      repository TEXT NOT NULL REFERENCES registry_repositories (name) ON DELETE CASCADE,
      digest TEXT NOT NULL,
      size INTEGER NOT NULL,
      linked INTEGER NOT NULL,
      PRIMARY KEY (repository, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX registry_blobs_digest ON registry_blobs (digest);

    CREATE TABLE registry_manifests (
      repository TEXT NOT NULL REFERENCES registry_repositories (name) ON DELETE CASCADE,
      digest TEXT NOT NULL,
      media_type TEXT NOT NULL,
      size INTEGER NOT NULL,
      subject TEXT,
      artifact_type TEXT,   -- as the referrers API shows it
      annotations TEXT,     -- JSON
      pushed INTEGER NOT NULL,
      PRIMARY KEY (repository, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX registry_manifests_subject ON registry_manifests (repository, subject) WHERE subject IS NOT NULL;
    CREATE INDEX registry_manifests_digest ON registry_manifests (digest);

    -- What a manifest names; a subject is no reference.
    CREATE TABLE registry_references (
      repository TEXT NOT NULL,
      manifest TEXT NOT NULL,
      digest TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('blob', 'manifest')),
      PRIMARY KEY (repository, manifest, digest),
      FOREIGN KEY (repository, manifest) REFERENCES registry_manifests (repository, digest) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX registry_references_digest ON registry_references (repository, digest);

    CREATE TABLE registry_tags (
      repository TEXT NOT NULL,
      name TEXT NOT NULL,
      digest TEXT NOT NULL,
      updated INTEGER NOT NULL,
      PRIMARY KEY (repository, name),
      FOREIGN KEY (repository, digest) REFERENCES registry_manifests (repository, digest) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX registry_tags_digest ON registry_tags (repository, digest);

    -- Blobs on their way in; the bytes are in the file uploads/<id>.
    CREATE TABLE registry_uploads (
      id TEXT PRIMARY KEY,
      repository TEXT NOT NULL,
      algorithm TEXT NOT NULL,
      started INTEGER NOT NULL,
      touched INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Blobs that must stay while a request makes them part of a repository; a crash leaves the rows to their time-out.
    CREATE TABLE registry_holds (
      id TEXT NOT NULL,
      digest TEXT NOT NULL,
      until INTEGER NOT NULL,
      PRIMARY KEY (id, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX registry_holds_digest ON registry_holds (digest);
  `,
};
