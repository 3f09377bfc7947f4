/** Docker Engine API "Mount": an entry of HostConfig.Mounts. */
export interface MountConfig {
  readonly Type: "bind" | "volume" | "tmpfs";
  /** Path on the host, or a volume's name; "" for an anonymous volume and a tmpfs. */
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
  readonly BindOptions?: {
    readonly Propagation?: string;
    readonly NonRecursive?: boolean;
    /** Makes a directory where the source is missing. */
    readonly CreateMountpoint?: boolean;
    readonly ReadOnlyNonRecursive?: boolean;
    readonly ReadOnlyForceRecursive?: boolean;
  };
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    readonly Labels?: Readonly<Record<string, string>>;
    /** A directory or file of the volume instead of all of it. */
    readonly Subpath?: string;
  };
  readonly TmpfsOptions?: {
    readonly SizeBytes?: number;
    readonly Mode?: number;
    readonly Options?: readonly (readonly string[])[];
  };
}
