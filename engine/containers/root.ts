import type { ContainerRecord } from "../../runtime/container-config.ts";
import type { Store, Tree } from "../../store/types.ts";

const ACTIVE = new Set<ContainerRecord["state"]["status"]>(["running", "paused"]);

export const isActive = ({ state }: ContainerRecord): boolean => ACTIVE.has(state.status);

/**
 * A container's files: those its process sees, volumes included, while it runs; its own root filesystem otherwise. The caller disposes the tree.
 */
export async function openContainerRoot(store: Store, record: ContainerRecord): Promise<Tree> {
  if (isActive(record)) return store.trees.openDirectory(`/proc/${record.state.pid}/root`);
  return store.trees.open(await store.snapshots.mounts(record.id));
}
