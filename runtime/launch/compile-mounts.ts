import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import { type Mount, renameTargets } from "../../core/mount.ts";
import type { OciDevice, OciMount } from "../spec/oci.ts";
import { MS, NODE_TYPES } from "./flags.ts";
import type { LaunchFile } from "./launcher.ts";
import { parseMountOptions } from "./mount-options.ts";
import type { LaunchOp } from "./ops.ts";

/** The root filesystem's name in the stage. */
export const ROOT_NAME = "root";

interface MountParts {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly options: readonly string[];
  readonly subpath?: string | undefined;
}

export function compileMount({ type, source, target, options, subpath = "" }: MountParts): LaunchOp {
  const parsed = parseMountOptions(options);
  if (type === "bind" || parsed.bind !== false) {
    return {
      op: "bind",
      source,
      below: subpath,
      target,
      recursive: parsed.bind === "recursive",
      set: parsed.set,
      clear: parsed.clear,
      attributesRecursive: parsed.attributesRecursive,
      propagation: parsed.propagation === 0 ? MS.private : parsed.propagation,
      propagationRecursive: parsed.propagation === 0 || parsed.propagationRecursive,
    };
  }
  // A new filesystem is private, and its own master: only sharing would change something.
  if (parsed.propagation === MS.shared)
    throw new Failure("OPTION_UNSUPPORTED", { option: `a shared ${type} mount on ${target}` });
  return { op: "filesystem", type, source, target, options: parsed.data, attributes: parsed.set };
}

/** The name in the stage of the mount at this position of a list that the root filesystem ends. */
export const stageName = (index: number): string => `layer${index}`;

/**
 * The mounts of a root filesystem. All but the last are layers: each is mounted in the stage, and where a later one names its target, as
 * source or as the value of an option, that becomes the name in the stage.
 */
export function compileRootfs(mounts: readonly Mount[]): readonly LaunchOp[] {
  const names = new Map<string, string>();
  const ops = mounts.map((mount, index) => {
    const target = index === mounts.length - 1 ? ROOT_NAME : stageName(index);
    const op = compileMount({ ...renameTargets(mount, names), target });
    if (mount.target !== undefined) names.set(mount.target, target);
    return op;
  });
  return [...ops, { op: "root", name: ROOT_NAME }];
}

export function compileSpecMounts(mounts: readonly OciMount[]): readonly LaunchOp[] {
  return mounts.map(({ destination, type = "bind", source = type, options = [], subpath, sharedWith }) =>
    sharedWith === undefined
      ? compileMount({ type, source, target: destination, options, subpath })
      : { op: "sharedMemory", pid: sharedWith, target: destination },
  );
}

const ROOT = { uid: 0, gid: 0 };

/** Files of one run: written into the stage, bound read-only to where they belong. */
export function compileFiles(files: readonly LaunchFile[]): {
  readonly stage: readonly LaunchOp[];
  readonly binds: readonly LaunchOp[];
} {
  const name = (index: number): string => `file${index}`;
  return {
    stage: files.map(({ mode, content, owner: { uid, gid } = ROOT }, index) => ({
      op: "file",
      name: name(index),
      mode,
      uid,
      gid,
      content: typeof content === "string" ? Buffer.from(content) : content,
    })),
    binds: files.map(({ path }, index) =>
      compileMount({ type: "bind", source: name(index), target: path, options: ["ro"] }),
    ),
  };
}

/** OCI runtime-spec, runtime-linux.md#dev-symbolic-links, and config-linux.md#default-devices for ptmx; runc and Docker have core, too. */
const DEV_LINKS: readonly (readonly [path: string, text: string])[] = [
  ["/dev/fd", "/proc/self/fd"],
  ["/dev/stdin", "/proc/self/fd/0"],
  ["/dev/stdout", "/proc/self/fd/1"],
  ["/dev/stderr", "/proc/self/fd/2"],
  ["/dev/core", "/proc/kcore"],
  ["/dev/ptmx", "pts/ptmx"],
];

/** Nodes and links of /dev, if that is a filesystem of the container's own. */
export function compileDevices(
  mounts: readonly OciMount[],
  devices: readonly OciDevice[],
): readonly LaunchOp[] {
  const dev = mounts.findLast(({ destination }) => posix.normalize(destination) === "/dev");
  if (dev === undefined || dev.type === "bind" || dev.type === undefined) return [];
  const nodes = devices.map(
    ({ type, path, major = 0, minor = 0, fileMode = 0o666, uid = 0, gid = 0 }): LaunchOp => ({
      op: "device",
      target: path,
      mode: NODE_TYPES[type] | fileMode,
      major,
      minor,
      uid,
      gid,
    }),
  );
  return [...nodes, ...DEV_LINKS.map(([target, text]): LaunchOp => ({ op: "link", text, target }))];
}
