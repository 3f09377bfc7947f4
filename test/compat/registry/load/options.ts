import { mkdtempSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Place, StorageName } from "./served.ts";
import { STORAGES } from "./served.ts";

/** Numbers of a program's command line, by name, with their defaults; and the storage. Throws what is wrong. */
export function readOptions<N extends string>(
  defaults: Readonly<Record<N, number>>,
): { readonly numbers: Readonly<Record<N, number>>; readonly storage: StorageName } {
  const names = Object.keys(defaults) as N[];
  const { values } = parseArgs({
    options: Object.fromEntries([...names, "storage"].map((name) => [name, { type: "string" }])),
  });
  const numbers: Record<N, number> = { ...defaults };
  for (const name of names) {
    const given = values[name];
    if (given === undefined) continue;
    numbers[name] = Number(given);
    if (!(numbers[name] >= 0)) throw new Error(`--${name} must be a number, got ${String(given)}`);
  }
  const storage = STORAGES.find((name) => name === (values["storage"] ?? STORAGES[0]));
  if (storage === undefined) throw new Error(`--storage must be one of ${STORAGES.join(", ")}`);
  return { numbers, storage };
}

/** A new directory on a disk, for as long as `work` takes. */
export async function onNewPlace<T>(storage: StorageName, work: (place: Place) => Promise<T>): Promise<T> {
  const folder = mkdtempSync("/var/tmp/slipway-registry-");
  try {
    return await work({ storage, folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
