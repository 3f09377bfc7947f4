import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { MountPoint } from "../container-config.ts";
import type { OciMount } from "./oci.ts";

/** A mount point of a container that starts, with what is known only then. */
export type PlacedMount = MountPoint & {
  /** Options of the mount itself, as mount(8) names them. */
  readonly words?: readonly string[];
};

export interface MountsRequest {
  readonly privileged: boolean;
  /** Size of /dev/shm in bytes, or the host's, or that of a process; undefined for none. */
  readonly shm: number | "host" | { readonly sharedWith: number } | undefined;
  /** What shows the container its control groups: below /sys/fs/cgroup, in order. */
  readonly cgroup: readonly OciMount[];
  /** Volumes, binds and tmpfs mounts. */
  readonly points: readonly PlacedMount[];
  /** Destination → tmpfs options ("size=1m,exec"). */
  readonly tmpfs: Readonly<Record<string, string>>;
  /** Host path of each generated file, by its destination ("/etc/hosts"). */
  readonly files: Readonly<Record<string, string>>;
  readonly readonlyFiles: boolean;
}

const NO_EXEC = ["nosuid", "noexec", "nodev"];

/** OCI runtime-spec, config-linux.md#default-filesystems, with Docker's sizes. */
function defaultMounts({ privileged, shm, cgroup }: MountsRequest): readonly OciMount[] {
  const readonly = privileged ? [] : ["ro"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: NO_EXEC },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...NO_EXEC, ...readonly] },
    ...cgroup.map((mount) =>
      // The tmpfs that only holds mount points stays writable, since those are made in it.
      mount.type === "tmpfs" ? mount : { ...mount, options: [...(mount.options ?? []), ...readonly] },
    ),
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: NO_EXEC },
    ...shmMount(shm),
  ];
}

function shmMount(shm: MountsRequest["shm"]): readonly OciMount[] {
  const destination = "/dev/shm";
  if (shm === undefined) return [];
  if (shm === "host")
    return [{ destination, type: "bind", source: destination, options: ["bind", ...NO_EXEC, "rprivate"] }];
  if (typeof shm === "object") return [{ destination, type: "bind", ...shm }];
  return [{ destination, type: "tmpfs", source: "shm", options: [...NO_EXEC, "mode=1777", `size=${shm}`] }];
}

const depth = (mount: OciMount): number =>
  posix.normalize(mount.destination).split("/").filter(Boolean).length;

/** Read-only holds for what is mounted below, too, as Docker has it. */
const bindOptions = (point: PlacedMount): readonly string[] => [
  point.recursive === false ? "bind" : "rbind",
  ...(point.words ?? []),
  ...(point.rw ? [] : [point.recursive === false || point.readonlyBelow === false ? "ro" : "rro"]),
  ...(point.propagation === "" ? [] : [point.propagation]),
];

/** Flag words a tmpfs takes, each with the word it cancels. */
const TMPFS_FLAGS: Readonly<Record<string, string>> = {
  exec: "noexec",
  noexec: "exec",
  suid: "nosuid",
  nosuid: "suid",
  dev: "nodev",
  nodev: "dev",
  ro: "rw",
  rw: "ro",
  sync: "async",
  async: "sync",
  atime: "noatime",
  noatime: "atime",
  diratime: "nodiratime",
  nodiratime: "diratime",
  relatime: "norelatime",
  norelatime: "relatime",
  strictatime: "nostrictatime",
  nostrictatime: "strictatime",
};
const TMPFS_PROPAGATIONS = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];
const TMPFS_DATA = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"];
const TMPFS_DEFAULTS = ["noexec", "nosuid", "nodev", "rprivate"];

/** The options of a tmpfs: the safe defaults, each cancelled by its opposite. Throws CONTAINER_CONFIG_INVALID. */
export function tmpfsOptions(text: string): readonly string[] {
  const words = text.split(",").filter((word) => word !== "");
  for (const word of words) {
    const [key = ""] = word.split("=");
    const known = word.includes("=")
      ? TMPFS_DATA.includes(key)
      : Object.hasOwn(TMPFS_FLAGS, key) || TMPFS_PROPAGATIONS.includes(key);
    if (!known)
      throw new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid tmpfs option ${JSON.stringify(key)}` });
  }
  const cancelled = new Set(words.map((word) => TMPFS_FLAGS[word]));
  const chosen = words.some((word) => TMPFS_PROPAGATIONS.includes(word)) ? ["rprivate"] : [];
  const defaults = TMPFS_DEFAULTS.filter((word) => !cancelled.has(word) && !chosen.includes(word));
  return [...new Set([...defaults, ...words])];
}

const pointMount = (point: PlacedMount): OciMount =>
  point.type === "tmpfs"
    ? {
        destination: point.destination,
        type: "tmpfs",
        source: "tmpfs",
        options: tmpfsOptions(point.options ?? ""),
      }
    : {
        destination: point.destination,
        type: "bind",
        source: point.source,
        options: bindOptions(point),
        ...(point.subpath === undefined ? {} : { subpath: point.subpath }),
      };

function userMounts(request: MountsRequest): readonly OciMount[] {
  const tmpfs = Object.entries(request.tmpfs).map(([destination, options]) => ({
    destination,
    type: "tmpfs",
    source: "tmpfs",
    options: tmpfsOptions(options),
  }));
  return [...tmpfs, ...request.points.map(pointMount)];
}

/**
 * All mounts of a container in the order they are performed: the default ones unless the user mounts something there (or on /dev above them), then
 * the user's and the generated /etc files, parents first.
 */
export function compileMounts(request: MountsRequest): readonly OciMount[] {
  const own = userMounts(request);
  const taken = new Set(own.map((mount) => mount.destination));
  const hidden = ({ destination }: OciMount) =>
    taken.has(destination) || (taken.has("/dev") && destination.startsWith("/dev/"));
  const files = Object.entries(request.files)
    .filter(([destination]) => !taken.has(destination))
    .map(([destination, source]) => ({
      destination,
      type: "bind",
      source,
      options: ["rbind", ...(request.readonlyFiles ? ["ro"] : []), "rprivate"],
    }));
  const later = [...own, ...files];
  return [
    ...defaultMounts(request).filter((mount) => !hidden(mount)),
    ...later.toSorted((a, b) => depth(a) - depth(b)),
  ];
}
