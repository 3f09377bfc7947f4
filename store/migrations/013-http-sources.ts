import type { Migration } from "./migration.ts";

/** What URLs of ADD gave, so that they can be asked whether it is still that. Times in milliseconds since the epoch. */
export const httpSourcesMigration: Migration = {
  name: "013-http-sources",
  sql: `
    CREATE TABLE http_sources (
      url TEXT PRIMARY KEY,
      etag TEXT,
      modified TEXT,        -- Last-Modified as the server wrote it
      digest TEXT NOT NULL,
      used INTEGER NOT NULL
    ) STRICT;
  `,
};
