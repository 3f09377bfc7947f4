import { mkdirSync } from "node:fs";
import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { HostConfig, MountPoint } from "../container-config.ts";
import { tmpfsOptions } from "../spec/mounts.ts";
import { type BindSpec, parseBind } from "./parse.ts";
import type { Volumes } from "./volumes.ts";

/** A mount of a container; `fill` when an empty volume takes the image's content. */
export interface PlannedMount {
  readonly spec: BindSpec;
  readonly fill: boolean;
}

/**
 * The mounts of a container: its binds, then an anonymous volume for each declared directory that nothing else is mounted on.
 * Throws MOUNT_SPEC_INVALID, CONTAINER_CONFIG_INVALID ("Duplicate mount point: …").
 */
export function planMounts(
  hostConfig: Pick<HostConfig, "Binds" | "Tmpfs">,
  declared: readonly string[],
): readonly PlannedMount[] {
  const binds = hostConfig.Binds.map(parseBind);
  for (const [destination, options] of Object.entries(hostConfig.Tmpfs)) checkTmpfs(destination, options);
  const taken = new Set<string>();
  for (const destination of [...binds.map((each) => each.destination), ...Object.keys(hostConfig.Tmpfs)]) {
    if (taken.has(destination))
      throw new Failure("CONTAINER_CONFIG_INVALID", { why: `Duplicate mount point: ${destination}` });
    taken.add(destination);
  }
  const anonymous = [...new Set(declared.map((path) => posix.join("/", path).replace(/(?<=.)\/$/, "")))]
    .filter((destination) => !taken.has(destination))
    .map((destination) => parseBind(destination));
  return [...binds, ...anonymous].map((spec) => ({ spec, fill: spec.type === "volume" && spec.copy }));
}

function checkTmpfs(destination: string, options: string): void {
  if (!destination.startsWith("/"))
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: `invalid mount path: '${destination}' mount path must be absolute`,
    });
  tmpfsOptions(options);
}

/** Makes what the plan needs on the host: volumes, and directories to bind that are not there. */
export function makeMountPoint({ spec }: PlannedMount, volumes: Volumes): MountPoint {
  const { destination, mode, rw } = spec;
  if (spec.type === "volume") {
    const { name, mountpoint } = volumes.create(spec.name);
    return { type: "volume", name, source: mountpoint, destination, mode, rw, propagation: "" };
  }
  makeSource(spec.source);
  return { type: "bind", source: spec.source, destination, mode, rw, propagation: spec.propagation };
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
