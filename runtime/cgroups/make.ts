import { mkdirSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import { readControl, writeControl } from "./files.ts";
import type { CgroupLayout, Hierarchy } from "./layout.ts";

const UNIFIED_CONTROLLERS = ["cpu", "cpuset", "io", "memory", "pids"];

export function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    const what = `cannot be made: ${(error as NodeJS.ErrnoException).code}`;
    throw new Failure("CGROUP_FAILED", { path, what }, { cause: error });
  }
}

/** A v1 cpuset without CPUs or memory nodes takes no process: each level copies its parent's. cpusets(7). */
export function makeLegacy({ mountpoint, controllers }: Hierarchy, path: string): void {
  const directory = join(mountpoint, path);
  makeDirectory(directory);
  if (controllers.includes("cpuset")) fillCpuset(mountpoint, directory);
}

function fillCpuset(mountpoint: string, directory: string): void {
  if (directory === mountpoint) return;
  fillCpuset(mountpoint, dirname(directory));
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (readControl(join(directory, file)) === "")
      writeControl(join(directory, file), readControl(join(dirname(directory), file)) ?? "");
  }
}

/** Makes a v2 group and hands it the controllers, level by level. In a hybrid set-up it carries none and only kills. */
export function makeUnified(
  { mountpoint, controllers }: Hierarchy,
  path: string,
  mode: CgroupLayout["mode"],
): readonly string[] {
  makeDirectory(join(mountpoint, path));
  if (mode !== "v2") return [];
  const wanted = UNIFIED_CONTROLLERS.filter((name) => controllers.includes(name));
  const parents = posix.dirname(path).split("/").filter(Boolean);
  const levels = [mountpoint, ...parents.map((_, i) => join(mountpoint, ...parents.slice(0, i + 1)))];
  for (const level of levels) {
    const file = join(level, "cgroup.subtree_control");
    const enabled = readControl(file)?.split(" ") ?? [];
    const add = wanted.filter((name) => !enabled.includes(name));
    try {
      if (add.length > 0) writeControl(file, add.map((name) => `+${name}`).join(" "));
    } catch (error) {
      // A group that holds processes hands no controller on (no internal processes).
      return [`limits may be missing: ${(error as Failure).message}`];
    }
  }
  return [];
}
