import type { Mount } from "../../core/mount.ts";
import type { OciMount } from "./oci.ts";

// A process whose devices no control group confines: it must neither make a device node nor open one that it finds.

export const withoutMaking = (capabilities: readonly string[]): readonly string[] =>
  capabilities.filter((name) => name !== "CAP_MKNOD");

/** The root filesystem (last of its mounts) without usable device nodes. */
export const withoutRootDevices = (rootfs: readonly Mount[]): readonly Mount[] =>
  rootfs.map((mount, index) =>
    index === rootfs.length - 1 ? { ...mount, options: [...mount.options, "nodev"] } : mount,
  );

/** The same for everything mounted from the host. What a container has in a filesystem of its own, only the launcher makes nodes in. */
export const withoutOpening = (mounts: readonly OciMount[]): readonly OciMount[] =>
  mounts.map((mount) =>
    mount.type === "bind" ? { ...mount, options: [...(mount.options ?? []), "rnodev"] } : mount,
  );
