import { existsSync, mkdirSync } from "node:fs";
import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { HostConfig, MountPoint } from "../container-config.ts";
import { tmpfsOptions } from "../spec/mounts.ts";
import { type BindSpec, cleanPath, parseBind } from "./parse.ts";
import { parseMount } from "./parse-mount.ts";
import type { Volumes } from "./volumes.ts";

/** A mount of a container; `fill` when an empty volume takes the image's content. */
export type PlannedMount =
  | { readonly spec: BindSpec; readonly fill: boolean }
  /** As another container has it. */
  | { readonly inherited: MountPoint; readonly fill: false };

/**
 * The mounts of a container: its binds and mounts, those it takes over from others where it has none of its own, then an anonymous volume for
 * each declared directory that nothing else is mounted on. Throws MOUNT_SPEC_INVALID, CONTAINER_CONFIG_INVALID ("Duplicate mount point: …").
 */
export function planMounts(
  hostConfig: Pick<HostConfig, "Binds" | "Mounts" | "Tmpfs">,
  declared: readonly string[],
  others: readonly MountPoint[] = [],
): readonly PlannedMount[] {
  const own = [...hostConfig.Binds.map(parseBind), ...hostConfig.Mounts.map(parseMount)];
  for (const [destination, options] of Object.entries(hostConfig.Tmpfs)) checkTmpfs(destination, options);
  for (const spec of own) if (spec.type === "tmpfs") checkTmpfs(spec.destination, spec.options);
  const taken = new Set<string>();
  for (const destination of [...own.map((each) => each.destination), ...Object.keys(hostConfig.Tmpfs)]) {
    if (taken.has(destination))
      throw new Failure("CONTAINER_CONFIG_INVALID", { why: `Duplicate mount point: ${destination}` });
    taken.add(destination);
  }
  const free = ({ destination }: { readonly destination: string }) => !taken.has(destination);
  const inherited = [...new Map(others.filter(free).map((point) => [point.destination, point])).values()];
  for (const { destination } of inherited) taken.add(destination);
  const anonymous = [...new Set(declared.map((path) => cleanPath(posix.join("/", path))))]
    .map((destination) => parseBind(destination))
    .filter(free);
  return [
    ...[...own, ...anonymous].map((spec) => ({ spec, fill: spec.type === "volume" && spec.copy })),
    ...inherited.map((point) => ({ inherited: point, fill: false as const })),
  ];
}

function checkTmpfs(destination: string, options: string): void {
  if (!destination.startsWith("/"))
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: `invalid mount path: '${destination}' mount path must be absolute`,
    });
  tmpfsOptions(options);
}

type Common = Pick<MountPoint, "destination" | "mode" | "rw">;
type Makers = {
  readonly [T in BindSpec["type"]]: (
    spec: Extract<BindSpec, { type: T }>,
    volumes: Volumes,
  ) => Omit<MountPoint, keyof Common>;
};

const MAKERS: Makers = {
  bind: ({ source, propagation, mustExist, recursive, readonlyBelow }) => {
    if (mustExist !== true) makeSource(source);
    else if (!existsSync(source))
      throw new Failure("CONTAINER_CONFIG_INVALID", {
        why: `invalid mount config for type "bind": bind source path does not exist: ${source}`,
      });
    return {
      type: "bind",
      source,
      propagation,
      ...(recursive === undefined ? {} : { recursive }),
      ...(readonlyBelow === undefined ? {} : { readonlyBelow }),
    };
  },
  volume: ({ name: wanted, labels, subpath, copy }, volumes) => {
    const { name, mountpoint: source, options } = volumes.create(wanted, { labels });
    return {
      type: "volume",
      name,
      source,
      propagation: "",
      ...(subpath === undefined ? {} : { subpath }),
      ...(copy && Object.keys(options).length > 0 ? { fill: true } : {}),
    };
  },
  tmpfs: ({ options }) => ({ type: "tmpfs", source: "", propagation: "", options }),
};

/** Makes what the plan needs on the host: volumes, and directories to bind that are not there. Throws CONTAINER_CONFIG_INVALID. */
export function makeMountPoint(planned: PlannedMount, volumes: Volumes): MountPoint {
  if ("inherited" in planned) return planned.inherited;
  const { spec } = planned;
  const { destination, mode, rw } = spec;
  const make = MAKERS[spec.type] as (spec: BindSpec, volumes: Volumes) => Omit<MountPoint, keyof Common>;
  return { ...make(spec, volumes), destination, mode, rw };
}

function makeSource(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    // Something that is no directory is bound as it is.
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    throw new Failure(
      "CONTAINER_CONFIG_INVALID",
      { why: `error while creating mount source path '${path}': ${message}` },
      { cause },
    );
  }
}
