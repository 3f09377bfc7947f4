import { Failure } from "../../core/errors.ts";
import { isAlive } from "../../store/owner.ts";
import { readVolumeOptions } from "../volumes/volume-options.ts";
import type { Volumes } from "../volumes/volumes.ts";
import type { ContainerTable } from "./container-table.ts";
import type { StoredContainer } from "./stored-container.ts";

/**
 * A container mounts a volume in memory for itself, so that another one that runs beside it would have a different one under the same name.
 * Throws VOLUME_IN_MEMORY. To be asked in the transaction that notes the container as running.
 */
export function checkMemoryVolumes(
  { id, mounts }: StoredContainer,
  volumes: Volumes,
  table: ContainerTable,
): void {
  for (const name of new Set(mounts.flatMap((point) => point.name ?? []))) {
    if (readVolumeOptions(name, volumes.get(name).options)?.kind !== "tmpfs") continue;
    const other = volumes
      .usersOf(name)
      .filter((user) => user !== id)
      .map((user) => table.byId(user))
      .find((user) => user?.state.phase === "running" && isAlive(user.state.shim));
    if (other !== undefined) throw new Failure("VOLUME_IN_MEMORY", { name, by: other.name });
  }
}
