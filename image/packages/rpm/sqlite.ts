import Database from "better-sqlite3";

const MAGIC = "SQLite format 3\0";
/** Which journal readers and writers need: 2 is a log beside the file, without which nobody opens it. */
const JOURNAL_AT = [18, 19] as const;
const ROLLBACK = 1;
/** As rpm makes it. What is no plain table could have anything computed. */
const TABLE =
  /^CREATE TABLE ['"]?Packages['"]?\s*\(\s*hnum INTEGER PRIMARY KEY AUTOINCREMENT\s*,\s*blob BLOB NOT NULL\s*\)$/i;

export const isSqlite = (bytes: Buffer): boolean => bytes.toString("latin1", 0, MAGIC.length) === MAGIC;

/** The headers in rpmdb.sqlite, of which a copy is opened. Throws RangeError, and what SQLite says of a file that is damaged. */
export function* sqliteHeaders(bytes: Buffer): Generator<Buffer> {
  const copy = Buffer.from(bytes);
  for (const at of JOURNAL_AT) copy.writeUInt8(ROLLBACK, at);
  const database = new Database(copy, { readonly: true });
  try {
    database.pragma("trusted_schema = OFF");
    const tables = database
      .prepare<[], { readonly sql: string }>(
        "SELECT sql FROM sqlite_schema WHERE name = 'Packages' AND type = 'table'",
      )
      .all();
    if (tables.length !== 1 || !TABLE.test(tables[0]?.sql ?? ""))
      throw new RangeError("no table of packages");
    const rows = database.prepare<[], Buffer>("SELECT blob FROM Packages ORDER BY hnum").pluck();
    for (const blob of rows.iterate()) {
      if (!Buffer.isBuffer(blob)) throw new RangeError("a package that is no blob");
      yield blob;
    }
  } finally {
    database.close();
  }
}
