import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { KernelTrees } from "../native/kernel.ts";
import { ownerOfTemporary } from "./content/temporary.ts";
import { isAlive } from "./owner.ts";
import type { Paths } from "./paths.ts";

/** Removes the temporary files of dead processes. What resists is named by the store's check and keeps nobody from working. */
export async function removeAbandoned(paths: Paths, kernel: Pick<KernelTrees, "removeTree">): Promise<void> {
  const names = readdirSync(paths.ingest);
  const owners = new Set(names.map(ownerOfTemporary));
  const dead = new Set([...owners].filter((owner) => !isAlive(owner)));
  for (const name of names)
    if (dead.has(ownerOfTemporary(name)))
      await kernel.removeTree(join(paths.ingest, name)).catch(() => undefined);
}
