import { realpathSync, statSync } from "node:fs";
import { Failure } from "../../core/errors.ts";
import type { Mount } from "../../core/mount.ts";
import type { Tree, Trees } from "../../store/types.ts";
import type { MountPoint } from "../container-config.ts";
import { stageName } from "../launch/compile-mounts.ts";
import { parseMountOptions } from "../launch/mount-options.ts";
import type { PlacedMount } from "../spec/mounts.ts";
import { readVolumeOptions, type VolumeMount } from "./volume-options.ts";
import type { VolumeRecord, Volumes } from "./volumes.ts";

export interface VolumeMounts {
  /** Filesystems to mount in the stage before a container's own. */
  readonly stage: readonly Mount[];
  readonly points: readonly PlacedMount[];
}

interface Parts {
  readonly volumes: Volumes;
  readonly trees: Trees;
  /** Opens the image's root filesystem, which the caller of this disposes. */
  readonly image: () => Promise<Tree>;
}

/**
 * Where the mounts of a container that starts come from: a volume with driver options is what they name, mounted by the container for itself
 * and gone with it. Fills what is empty and is to be filled. Rejects with VOLUME_MOUNT_FAILED.
 */
export async function placeVolumes(points: readonly MountPoint[], parts: Parts): Promise<VolumeMounts> {
  const stage: Mount[] = [];
  const stages = new Map<string, string>();
  const placed: PlacedMount[] = [];
  for (const point of points) {
    const volume = point.name === undefined ? undefined : parts.volumes.get(point.name);
    const mount = volume && readVolumeOptions(volume.name, volume.options);
    if (volume === undefined || mount === undefined) placed.push(point);
    else if (mount.kind === "bind") placed.push(await placeBind(point, volume, mount, parts));
    else {
      // One filesystem for a volume, however often the container has it.
      const source = stages.get(volume.name) ?? stageName(stage.length);
      if (!stages.has(volume.name)) stage.push(await checkedTmpfs(volume, mount, parts.trees));
      stages.set(volume.name, source);
      placed.push({ ...point, source });
    }
  }
  return { stage, points: placed };
}

async function placeBind(
  point: MountPoint,
  volume: VolumeRecord,
  { device, recursive, words }: Extract<VolumeMount, { kind: "bind" }>,
  { volumes, image }: Parts,
): Promise<PlacedMount> {
  const source = findDirectory(volume, device);
  if (point.fill === true && !words.includes("ro")) {
    using tree = await image();
    await volumes.fill(volume.name, tree, point.destination, source);
  }
  return { ...point, source, words, ...(recursive ? {} : { recursive: false }) };
}

function findDirectory(volume: VolumeRecord, device: string): string {
  try {
    const path = realpathSync(device);
    if (!statSync(path).isDirectory()) throw Object.assign(new Error(WORDS.ENOTDIR), { code: "ENOTDIR" });
    return path;
  } catch (cause) {
    throw mountFailure(volume, device, cause);
  }
}

/** Made once for nothing: what the kernel says of its options is of use here, and is not in the container. */
async function checkedTmpfs(
  volume: VolumeRecord,
  { words }: Extract<VolumeMount, { kind: "tmpfs" }>,
  trees: Trees,
): Promise<Mount> {
  const mount: Mount = { type: "tmpfs", source: "tmpfs", options: words };
  try {
    (await trees.open([{ ...mount, options: parseMountOptions(words).data }]))[Symbol.dispose]();
    return mount;
  } catch (cause) {
    throw mountFailure(volume, "tmpfs", cause);
  }
}

const WORDS: Readonly<Record<string, string>> & { readonly ENOTDIR: string } = {
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EINVAL: "invalid argument",
};

function mountFailure({ mountpoint }: VolumeRecord, device: string, cause: unknown): Failure {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return new Failure("VOLUME_MOUNT_FAILED", { mountpoint, device, why: WORDS[code] ?? message }, { cause });
}
