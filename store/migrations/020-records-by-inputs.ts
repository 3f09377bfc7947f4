import type { Migration } from "./migration.ts";

/** Finds what other commands made of the same inputs. */
export const recordsByInputsMigration: Migration = {
  name: "020-records-by-inputs",
  sql: "CREATE INDEX cache_records_inputs ON cache_records (inputs, size);",
};
