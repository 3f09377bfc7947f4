import { closeSync, fdatasync, openSync } from "node:fs";
import { promisify } from "node:util";
import { undefinedIfMissing } from "../../core/if-there.ts";

/** fdatasync(2) of the file at `path`. One that was collected meanwhile needs none. */
export async function syncFile(path: string): Promise<void> {
  const file = openThere(path);
  if (file === undefined) return;
  try {
    await promisify(fdatasync)(file);
  } finally {
    closeSync(file);
  }
}

function openThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    return undefinedIfMissing(error);
  }
}
