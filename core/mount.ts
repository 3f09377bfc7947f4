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

/** What a transient container sees beside its root filesystem; `target` is absolute and clean. */
export type TransientMount =
  /** A directory, file or socket of the host. */
  | {
      readonly kind: "host";
      readonly target: string;
      readonly path: string;
      readonly readOnly: boolean;
    }
  /** What is at `path`, which no link is on the way to, in another root filesystem. */
  | {
      readonly kind: "rootfs";
      readonly target: string;
      readonly mounts: readonly Mount[];
      readonly path: string;
      readonly readOnly: boolean;
    }
  /** Memory; `bytes` bounds it. */
  | { readonly kind: "tmpfs"; readonly target: string; readonly bytes?: number; readonly readOnly: boolean };

const WRITABLE = /^(?:upperdir|workdir)=|^volatile$/;

/**
 * The same root filesystem for reading: a writable overlay's upper directory becomes its topmost layer. So it can be read while, or after,
 * it is mounted for writing, which overlayfs allows once only (and never again for a volatile one).
 */
export function readOnlyRootfs(mounts: readonly Mount[]): readonly Mount[] {
  return mounts.map((mount) => {
    const upper = mount.options.find((option) => option.startsWith("upperdir="));
    if (mount.type !== "overlay" || upper === undefined) return mount;
    const others = mount.options.filter((option) => !WRITABLE.test(option));
    return { ...mount, options: [`lowerdir+=${upper.slice("upperdir=".length)}`, ...others, "ro"] };
  });
}

/** The mount with what it takes from the targets of others, as its source or as the value of an option, under their new names. */
export function renameTargets(mount: Mount, names: ReadonlyMap<string, string>): Mount {
  const renamed = (text: string): string => names.get(text) ?? text;
  const options = mount.options.map((option) => {
    const value = option.indexOf("=") + 1;
    return value === 0 ? option : option.slice(0, value) + renamed(option.slice(value));
  });
  return { ...mount, source: renamed(mount.source), options };
}
