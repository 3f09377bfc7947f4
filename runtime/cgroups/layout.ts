import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One mounted control group hierarchy. */
export interface Hierarchy {
  readonly mountpoint: string;
  /** v1: the controllers it carries ("cpu", "cpuacct"); v2: those its root offers. */
  readonly controllers: readonly string[];
}

/** How control groups are mounted on this machine: cgroups(7). */
export interface CgroupLayout {
  /** "hybrid": controllers on v1 hierarchies, and a v2 one beside them that can kill and freeze. */
  readonly mode: "v1" | "v2" | "hybrid" | "none";
  readonly unified?: Hierarchy;
  readonly legacy: readonly Hierarchy[];
}

interface MountRow {
  readonly mountpoint: string;
  readonly type: string;
  readonly superOptions: readonly string[];
}

/** Octal escapes of proc(5): space, tab, newline, backslash. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

function mountRows(mountinfo: string): readonly MountRow[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [head = "", tail] = line.split(" - ");
    const mountpoint = head.split(" ")[4];
    const [type, , options = ""] = tail?.split(" ") ?? [];
    if (mountpoint === undefined || type === undefined) return [];
    return [{ mountpoint: unescaped(mountpoint), type, superOptions: options.split(",") }];
  });
}

/** Words among a v1 mount's options that are no controllers. */
const isController = (option: string): boolean =>
  !["rw", "ro", "xattr", "noprefix", "clone_children", "favordynmods", "nofavordynmods"].includes(option) &&
  !option.includes("=");

/** Reads the text of /proc/self/mountinfo. `controllersAt` gives the controllers of a v2 hierarchy (its cgroup.controllers). */
export function parseLayout(
  mountinfo: string,
  controllersAt: (mountpoint: string) => readonly string[],
): CgroupLayout {
  const rows = mountRows(mountinfo);
  const first = rows.find((row) => row.type === "cgroup2");
  const unified =
    first === undefined
      ? undefined
      : { mountpoint: first.mountpoint, controllers: controllersAt(first.mountpoint) };
  const legacy = rows
    .filter((row) => row.type === "cgroup")
    .map((row) => ({ mountpoint: row.mountpoint, controllers: row.superOptions.filter(isController) }))
    .filter((hierarchy) => hierarchy.controllers.length > 0);
  if (legacy.length > 0)
    return {
      mode: unified === undefined ? "v1" : "hybrid",
      ...(unified === undefined ? {} : { unified }),
      legacy,
    };
  return unified === undefined ? { mode: "none", legacy } : { mode: "v2", unified, legacy };
}

/** The layout of this machine. */
export function readLayout(): CgroupLayout {
  return parseLayout(readFileSync("/proc/self/mountinfo", "utf8"), (mountpoint) => {
    try {
      return readFileSync(join(mountpoint, "cgroup.controllers"), "utf8").split(/\s+/).filter(Boolean);
    } catch {
      return [];
    }
  });
}
