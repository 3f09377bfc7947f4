import type { Migration } from "./migration.ts";

/**
 * What the registry needs of the store's blobs. Not part of 005, which a registry on a directory of its own has too, where there is no table of blobs.
 * A hold may name a blob that is still to come: it is no root before it is there.
 */
export const registryRootsMigration: Migration = {
  name: "008-registry-roots",
  sql: `
    DROP VIEW IF EXISTS roots_registry;
    CREATE VIEW roots_registry AS
      SELECT digest FROM registry_blobs
      UNION ALL SELECT digest FROM registry_manifests
      UNION ALL SELECT digest FROM registry_holds WHERE digest IN (SELECT digest FROM blobs);
  `,
};
