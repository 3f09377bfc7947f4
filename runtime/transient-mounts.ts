import { posix } from "node:path";
import type { Mount, TransientMount } from "../core/mount.ts";
import { stageName } from "./launch/compile-mounts.ts";
import type { OciMount } from "./spec/oci.ts";

/**
 * Other root filesystems are mounted in the stage, before the container's own; from there, what is wanted of each is bound to its place.
 * Nothing but the launcher's mount namespace ever sees them.
 */
export function compileTransientMounts(mounts: readonly TransientMount[]): {
  readonly stage: readonly Mount[];
  readonly binds: readonly OciMount[];
} {
  const stage: Mount[] = [];
  const binds = mounts.map((mount): OciMount => {
    const access = mount.readOnly ? ["ro"] : [];
    const destination = mount.target;
    if (mount.kind === "tmpfs") {
      const size = mount.bytes === undefined ? [] : [`size=${mount.bytes}`];
      return {
        destination,
        type: "tmpfs",
        source: "tmpfs",
        options: ["nosuid", "mode=1777", ...size, ...access],
      };
    }
    if (mount.kind === "rootfs") stage.push(...mount.mounts);
    const source = mount.kind === "host" ? mount.path : posix.join(stageName(stage.length - 1), mount.path);
    return { destination, type: "bind", source, options: ["rbind", ...access] };
  });
  return { stage, binds };
}
