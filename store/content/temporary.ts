import { join } from "node:path";
import { thisOwner } from "../owner.ts";
import type { Paths } from "../paths.ts";

let count = 0;

/** A fresh path below ingest/ whose name tells which process it belongs to; it is swept when that process is gone. */
export function temporaryPath(paths: Paths): string {
  count += 1;
  return join(paths.ingest, `${thisOwner()}.${count}`);
}

/** The owner in the name of a temporary file. */
export const ownerOfTemporary = (name: string): string => name.slice(0, name.indexOf("."));
