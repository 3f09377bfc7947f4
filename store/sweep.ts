import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { KernelTrees } from "../native/kernel.ts";
import { ownerOfTemporary } from "./content/temporary.ts";
import { isAlive } from "./owner.ts";
import type { Paths } from "./paths.ts";

/** Removes the temporary files of dead processes. */
export async function removeAbandoned(paths: Paths, kernel: Pick<KernelTrees, "removeTree">): Promise<void> {
  const alive = new Map<string, boolean>();
  for (const name of readdirSync(paths.ingest)) {
    const owner = ownerOfTemporary(name);
    let lives = alive.get(owner);
    if (lives === undefined) alive.set(owner, (lives = isAlive(owner)));
    if (!lives) await kernel.removeTree(join(paths.ingest, name));
  }
}
