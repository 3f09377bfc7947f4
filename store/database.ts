import { createRequire } from "node:module";
import SQLite, { type Database, type Statement } from "better-sqlite3";
import { Failure } from "../core/errors.ts";
import { MIGRATIONS } from "./migrations/list.ts";
import type { Migration } from "./migrations/migration.ts";

/** How long a statement waits for another process's transaction. */
const BUSY_MS = 30_000;

/**
 * Opens the metadata database and brings its schema up to date.
 * A commit is atomic and survives a crash of the process; only a durably() one surely survives a power loss.
 * Throws STORE_NEWER when the root was written by a later version.
 */
export function openDatabase(path: string, migrations: readonly Migration[] = MIGRATIONS): Database {
  const database = new SQLite(path, { timeout: BUSY_MS, nativeBinding: addonPath() });
  try {
    enterWal(database);
    database.pragma("synchronous = NORMAL");
    database.pragma("foreign_keys = ON");
    migrate(database, migrations);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** Named outright, since the library looks for it beside its own sources, which a bundle does not have. */
const addonPath = (): string =>
  createRequire(import.meta.filename).resolve("better-sqlite3/build/Release/better_sqlite3.node");

/** The first opener switches the file to WAL; SQLite does not wait for its lock there, so this does. */
function enterWal(database: Database): void {
  const deadline = Date.now() + BUSY_MS;
  for (;;) {
    try {
      database.pragma("journal_mode = WAL");
      return;
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof SQLite.SqliteError && error.code.startsWith("SQLITE_BUSY");

const version = (database: Database): number => Number(database.pragma("user_version", { simple: true }));

function migrate(database: Database, migrations: readonly Migration[]): void {
  if (version(database) === migrations.length) return;
  transact(database, () => {
    const have = version(database);
    if (have > migrations.length)
      throw new Failure("STORE_NEWER", { path: database.name, have, want: migrations.length });
    for (const { sql } of migrations.slice(have)) database.exec(sql);
    database.pragma(`user_version = ${migrations.length}`);
  });
}

const statements = new WeakMap<Database, Map<string, Statement>>();

/** The prepared statement of `sql`, made once per database. `sql` is a literal of the program. */
export function query<R = unknown>(database: Database, sql: string): Statement<unknown[], R> {
  const known = statements.get(database) ?? new Map<string, Statement>();
  statements.set(database, known);
  const statement = known.get(sql) ?? database.prepare(sql);
  known.set(sql, statement);
  return statement as Statement<unknown[], R>;
}

/**
 * Runs `work` as one transaction that holds the write lock from its start, so that what it reads stays true until its commit.
 * Inside another transaction it joins that one. `work` must not await.
 */
export function transact<T>(database: Database, work: () => T): T {
  if (database.inTransaction) return work();
  query(database, "BEGIN IMMEDIATE").run();
  try {
    const result = work();
    query(database, "COMMIT").run();
    return result;
  } catch (error) {
    // A full disk may have ended it already.
    if (database.inTransaction) query(database, "ROLLBACK").run();
    throw error;
  }
}

/** transact(), and when it returns the commit, with all before it, survives a power loss. For what users were told is done. */
export function durably<T>(database: Database, work: () => T): T {
  if (database.inTransaction) throw new TypeError("durably() inside a transaction would promise too much");
  database.pragma("synchronous = FULL");
  try {
    return transact(database, work);
  } finally {
    database.pragma("synchronous = NORMAL");
  }
}
