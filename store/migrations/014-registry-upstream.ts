import type { Migration } from "./migration.ts";

/** Part of a registry on a directory of its own too. */
export const registryUpstreamMigration: Migration = {
  name: "014-registry-upstream",
  sql: `
    -- What the repository is a cache of: its manifests may name blobs that nobody has asked for yet, and \`pushed\` says when one was last used.
    ALTER TABLE registry_repositories ADD COLUMN upstream TEXT;
  `,
};
