import type { Database } from "better-sqlite3";
import { Failure } from "../../core/errors.ts";
import type { Kernel } from "../../native/kernel.ts";
import { query, transact } from "../database.ts";
import type { Paths } from "../paths.ts";
import { probeErofs } from "./probe-erofs.ts";

export const DRIVER_NAMES = ["erofs", "overlay2", "vfs"] as const;
export type DriverName = (typeof DRIVER_NAMES)[number];

export interface ChosenDriver {
  readonly name: DriverName;
  /** Why this root has it. */
  readonly reason: string;
}

const isDriverName = (text: string): text is DriverName => DRIVER_NAMES.some((name) => name === text);

/** Throws OPTION_INVALID. */
export function parseDriverName(text: string): DriverName {
  if (isDriverName(text)) return text;
  throw new Failure("OPTION_INVALID", {
    option: "--storage-driver",
    got: text,
    want: `one of ${DRIVER_NAMES.join(", ")}`,
  });
}

/** Drivers whose snapshots are upper directories: each goes on with what the other left. */
const STACKING: readonly string[] = ["erofs", "overlay2"];

interface Parts {
  readonly paths: Paths;
  readonly database: Database;
  readonly kernel: Kernel;
}

/**
 * A new root has erofs where that works, else overlay2. It keeps the driver it was made with until another is asked for that understands its
 * snapshots. Rejects with STORE_DRIVER_MISMATCH where none does, and with STORE_DRIVER_UNUSABLE when the wanted one does not work on this filesystem or kernel.
 */
export async function chooseDriver(parts: Parts, want: DriverName | undefined): Promise<ChosenDriver> {
  const { paths, database } = parts;
  const known = knownDriver(database);
  if (known !== undefined && (want === undefined || want === known.name)) return known;
  const unusable = want === undefined || want === "erofs" ? await probeErofs(paths, parts.kernel) : undefined;
  if (want === "erofs" && unusable !== undefined)
    throw new Failure("STORE_DRIVER_UNUSABLE", { driver: "erofs", why: unusable });
  return transact(database, () => {
    const have = knownDriver(database);
    if (have === undefined) return record(database, firstDriver(want, unusable));
    if (want === undefined || want === have.name) return have;
    if (!STACKING.includes(have.name) || !STACKING.includes(want))
      throw new Failure("STORE_DRIVER_MISMATCH", { root: paths.root, have: have.name, want });
    return record(database, { name: want, reason: `asked for in place of ${have.name}` });
  });
}

function firstDriver(want: DriverName | undefined, unusable: string | undefined): ChosenDriver {
  if (want !== undefined) return { name: want, reason: "asked for when the root was made" };
  return unusable === undefined
    ? { name: "erofs", reason: "the default" }
    : { name: "overlay2", reason: `erofs does not work here: ${unusable}` };
}

function knownDriver(database: Database): ChosenDriver | undefined {
  const name = factOf(database, "driver");
  if (name === undefined) return undefined;
  if (!isDriverName(name)) throw new TypeError("a root has a driver this version does not know");
  return { name, reason: factOf(database, "driver-reason") ?? "the root was made with it" };
}

function record(database: Database, chosen: ChosenDriver): ChosenDriver {
  const insert = query(database, "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)");
  insert.run("driver", chosen.name);
  insert.run("driver-reason", chosen.reason);
  return chosen;
}

const factOf = (database: Database, name: string): string | undefined =>
  query<{ value: string }>(database, "SELECT value FROM facts WHERE name = ?").get(name)?.value;
