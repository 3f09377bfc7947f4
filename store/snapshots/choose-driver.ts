import type { Database } from "better-sqlite3";
import { Failure } from "../../core/errors.ts";
import type { Kernel } from "../../native/kernel.ts";
import { query, transact } from "../database.ts";
import type { Paths } from "../paths.ts";
import { probeErofs } from "./probe-erofs.ts";

export const DRIVER_NAMES = ["erofs", "overlay2", "vfs"] as const;
export type DriverName = (typeof DRIVER_NAMES)[number];
const DEFAULT_DRIVER: DriverName = "overlay2";

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

/**
 * A root keeps the driver it was made with: snapshots of one mean nothing to the other. Rejects with STORE_DRIVER_MISMATCH, and with
 * STORE_DRIVER_UNUSABLE when a new root is to have one that does not work on its filesystem or kernel.
 */
export async function chooseDriver(
  {
    paths,
    database,
    kernel,
  }: { readonly paths: Paths; readonly database: Database; readonly kernel: Kernel },
  want: DriverName | undefined,
): Promise<ChosenDriver> {
  if (want === "erofs" && factOf(database, "driver") === undefined) {
    const why = await probeErofs(paths, kernel);
    if (why !== undefined) throw new Failure("STORE_DRIVER_UNUSABLE", { driver: want, why });
  }
  return transact(database, () => {
    const known = factOf(database, "driver");
    if (known !== undefined && want !== undefined && known !== want)
      throw new Failure("STORE_DRIVER_MISMATCH", { root: paths.root, have: known, want });
    if (known === undefined) return record(database, want);
    if (!isDriverName(known)) throw new TypeError("a root has a driver this version does not know");
    return { name: known, reason: factOf(database, "driver-reason") ?? "the root was made with it" };
  });
}

function record(database: Database, want: DriverName | undefined): ChosenDriver {
  const name = want ?? DEFAULT_DRIVER;
  const reason = want === undefined ? "the default" : "asked for when the root was made";
  const insert = query(database, "INSERT INTO facts (name, value) VALUES (?, ?)");
  insert.run("driver", name);
  insert.run("driver-reason", reason);
  return { name, reason };
}

const factOf = (database: Database, name: string): string | undefined =>
  query<{ value: string }>(database, "SELECT value FROM facts WHERE name = ?").get(name)?.value;
