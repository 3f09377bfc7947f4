import { Failure } from "../../core/errors.ts";
import type { MountPoint } from "../container-config.ts";

/** "container[:ro|rw]". Throws CONTAINER_CONFIG_INVALID. */
export function parseVolumesFrom(spec: string): { readonly container: string; readonly mode: string } {
  const [container = "", mode = "", ...more] = spec.split(":");
  if (container === "" || more.length > 0)
    throw new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid volumes-from specification: '${spec}'` });
  if (!["", "ro", "rw", "z", "Z"].includes(mode))
    throw new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid mode: ${mode}` });
  return { container, mode };
}

/** The other container's volumes and binds as one has them that takes them over: never with more rights than it has. */
export const inherit = (mounts: readonly MountPoint[], mode: string): readonly MountPoint[] =>
  mounts
    .filter(({ type }) => type !== "tmpfs")
    .map(({ fill: _, ...mount }) => ({ ...mount, mode, rw: mount.rw && mode !== "ro" }));
