/**
 * What a snapshotter emits and the launcher performs; the two never meet otherwise.
 * `options` are those of fstab ("ro", "nodev", "lowerdir+=/x"); an unknown flag word is passed to the filesystem as data.
 * Mounts of a list are performed in order, so a later one may name an earlier one's target as its source.
 */
export interface Mount {
  readonly type:
    | "bind"
    | "overlay"
    | "tmpfs"
    | "erofs"
    | "proc"
    | "sysfs"
    | "devpts"
    | "mqueue"
    | "cgroup"
    | "cgroup2";
  readonly source: string;
  /** Where, seen from the container's root; absent for the root filesystem itself. */
  readonly target?: string;
  readonly options: readonly string[];
}
