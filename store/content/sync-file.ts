import { open } from "node:fs/promises";
import { undefinedIfMissing } from "../../core/if-there.ts";

/** fdatasync(2) of the file at `path`. One that was collected meanwhile needs none. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r").catch(undefinedIfMissing);
  try {
    await file?.datasync();
  } finally {
    await file?.close();
  }
}
