import type { Migration } from "./migration.ts";

/** Driver options of a volume as a JSON document: type, device, o. */
export const volumeOptionsMigration: Migration = {
  name: "025-volume-options",
  sql: "ALTER TABLE volumes ADD COLUMN options TEXT NOT NULL DEFAULT '{}'",
};
