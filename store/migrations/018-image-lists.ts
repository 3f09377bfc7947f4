import type { Migration } from "./migration.ts";

/** Tags that stand for an image on each of several platforms; `tags.image` is the one that is meant where only one can be. */
export const imageListsMigration: Migration = {
  name: "018-image-lists",
  sql: `
    CREATE TABLE image_lists (
      reference TEXT NOT NULL REFERENCES tags (reference) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      image TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
      platform TEXT NOT NULL,                 -- "linux/arm64"
      PRIMARY KEY (reference, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX image_lists_image ON image_lists (image);
  `,
};
