import { readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { Failure, isCode } from "../../core/errors.ts";
import { ifThere } from "../../core/if-there.ts";
import type { KernelControlGroups } from "../../native/kernel.ts";
import type { OciMount, OciResources } from "../spec/oci.ts";
import type { ControlGroup, ControlGroups } from "./control-groups.ts";
import { DeviceControl } from "./device-control.ts";
import {
  hasControl,
  readControl,
  readKeyed,
  tryRemove,
  until,
  writeControl,
  writeControlIfThere,
} from "./files.ts";
import { type CgroupLayout, readLayout } from "./layout.ts";
import { compileLegacyLimits, compileUnifiedLimits, type LimitWrite } from "./limits.ts";
import { makeLegacy, makeUnified } from "./make.ts";
import { type CgroupUsage, readUsage } from "./usage.ts";

/** v1 controllers a container takes part in; the others are left alone. */
const LEGACY_CONTROLLERS = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids"];
const MOUNT_OPTIONS = ["nosuid", "noexec", "nodev"];

/** Control groups as this machine has them: v1, v2, or both. */
export function createControlGroups(
  kernel: KernelControlGroups,
  layout: CgroupLayout = readLayout(),
): ControlGroups {
  const devices = new DeviceControl(kernel, layout);
  return {
    namespaces: layout.mode === "v2",
    open: (path) => new HostControlGroup(layout, devices, path),
    create(path, resources) {
      const group = new HostControlGroup(layout, devices, path);
      const warnings = group.make(resources);
      const confinement = devices.confine(group.path, resources.devices ?? []);
      return { group, ...confinement, warnings: [...warnings, ...confinement.warnings] };
    },
    confine: (path, rules) => devices.share(posix.join("/", path), rules),
  };
}

class HostControlGroup implements ControlGroup {
  readonly path: string;
  /** Where this group is for a v1 controller. */
  readonly #legacy: ReadonlyMap<string, string>;
  readonly #unified: string | undefined;
  readonly #layout: CgroupLayout;
  readonly #devices: DeviceControl;

  constructor(layout: CgroupLayout, devices: DeviceControl, path: string) {
    this.path = posix.join("/", path);
    this.#devices = devices;
    this.#layout = layout;
    const usable = layout.legacy.filter(({ controllers }) =>
      controllers.some((name) => LEGACY_CONTROLLERS.includes(name)),
    );
    this.#legacy = new Map(
      usable.flatMap(({ mountpoint, controllers }) =>
        controllers.map((name) => [name, join(mountpoint, this.path)] as const),
      ),
    );
    this.#unified = layout.unified === undefined ? undefined : join(layout.unified.mountpoint, this.path);
  }

  get directories(): readonly string[] {
    return [...new Set([...this.#legacy.values(), ...(this.#unified === undefined ? [] : [this.#unified])])];
  }

  get procs(): readonly string[] {
    return this.directories.map((directory) => join(directory, "cgroup.procs"));
  }

  get mounts(): readonly OciMount[] {
    const destination = "/sys/fs/cgroup";
    if (this.#layout.mode === "v2")
      return [{ destination, type: "cgroup2", source: "cgroup", options: MOUNT_OPTIONS }];
    const tmpfs = { destination, type: "tmpfs", source: "tmpfs", options: [...MOUNT_OPTIONS, "mode=755"] };
    const binds = [...new Set(this.#legacy.values())].map((source) => {
      const hierarchy = this.#layout.legacy.find(({ mountpoint }) => join(mountpoint, this.path) === source);
      return {
        destination: join(destination, hierarchy?.controllers.join(",") ?? ""),
        type: "bind",
        source,
        options: ["bind", ...MOUNT_OPTIONS],
      };
    });
    return this.#layout.mode === "none" ? [] : [tmpfs, ...binds];
  }

  /** Makes the directories and writes the limits; what cannot be limited is returned as warnings. */
  make(resources: OciResources): readonly string[] {
    for (const hierarchy of this.#layout.legacy) {
      if (hierarchy.controllers.some((name) => this.#legacy.has(name))) makeLegacy(hierarchy, this.path);
    }
    const warnings =
      this.#layout.unified === undefined
        ? []
        : makeUnified(this.#layout.unified, this.path, this.#layout.mode);
    return [...new Set([...warnings, ...this.limit(resources)])];
  }

  /** A limit may only be valid once a later one is written: memory below memory and swap. Those are tried again, once. */
  limit(resources: OciResources): readonly string[] {
    const unified = this.#layout.mode === "v2";
    const limits = unified ? compileUnifiedLimits(resources) : compileLegacyLimits(resources);
    const refused: LimitWrite[] = [];
    const lost = limits.flatMap((limit) => {
      try {
        return this.#apply(limit);
      } catch (error) {
        if (!isCode(error, "CGROUP_FAILED")) throw error;
        refused.push(limit);
        return [];
      }
    });
    return [...lost, ...refused.flatMap((limit) => this.#apply(limit))];
  }

  #apply({ controller, file, value, warning }: LimitWrite): readonly string[] {
    const path = this.#file(controller, file);
    if (path === undefined || !hasControl(path)) return [warning];
    writeControl(path, value);
    return [];
  }

  /** Path of a controller's file; undefined when the controller is not mounted. */
  #file(controller: string, file: string): string | undefined {
    const directory = this.#layout.mode === "v2" ? this.#unified : this.#legacy.get(controller);
    return directory === undefined ? undefined : join(directory, file);
  }

  #keyed(controller: string, file: string, key: string): number | undefined {
    const path = this.#file(controller, file);
    return path === undefined ? undefined : readKeyed(path, key);
  }

  pids(): readonly number[] {
    const directory = this.directories.at(-1);
    return directory === undefined ? [] : pidsBelow(directory);
  }

  async kill(): Promise<void> {
    const whole = this.#unified === undefined ? undefined : join(this.#unified, "cgroup.kill");
    const gone = await until(() => {
      const pids = this.pids();
      if (pids.length === 0) return true;
      if (whole !== undefined && hasControl(whole)) writeControlIfThere(whole, "1");
      else for (const pid of pids) killQuietly(pid);
      // A v1 freezer holds even SIGKILL back.
      const freezer = this.#legacy.get("freezer");
      if (freezer !== undefined && hasControl(freezer))
        writeControlIfThere(join(freezer, "freezer.state"), "THAWED");
      return false;
    });
    if (!gone) throw new Failure("CGROUP_FAILED", { path: this.path, what: "its processes do not end" });
  }

  async freeze(frozen: boolean): Promise<void> {
    const [file, value] = this.#freezer(frozen);
    writeControl(file, value);
    if (!(await until(() => this.frozen() === frozen)))
      throw new Failure("CGROUP_FAILED", { path: this.path, what: "its processes do not freeze" });
  }

  #freezer(frozen: boolean): readonly [file: string, value: string] {
    const legacy = this.#legacy.get("freezer");
    if (legacy !== undefined) return [join(legacy, "freezer.state"), frozen ? "FROZEN" : "THAWED"];
    if (this.#unified !== undefined) return [join(this.#unified, "cgroup.freeze"), frozen ? "1" : "0"];
    throw new Failure("CGROUP_FAILED", { path: this.path, what: "no freezer is mounted" });
  }

  frozen(): boolean {
    const legacy = this.#legacy.get("freezer");
    if (legacy !== undefined) return readControl(join(legacy, "freezer.state")) === "FROZEN";
    return this.#unified !== undefined && readKeyed(join(this.#unified, "cgroup.events"), "frozen") === 1;
  }

  confinesDevices(): boolean {
    return this.#devices.confines(this.path);
  }

  usage(): CgroupUsage {
    const usage = readUsage((controller, file) => this.#file(controller, file), this.#layout.mode === "v2");
    if (usage.pids.current > 0) return usage;
    return { ...usage, pids: { ...usage.pids, current: this.pids().length } };
  }

  oomKills(): number {
    const file = this.#layout.mode === "v2" ? "memory.events" : "memory.oom_control";
    return this.#keyed("memory", file, "oom_kill") ?? 0;
  }

  async remove(): Promise<void> {
    // Its shim was faster.
    if (!this.directories.some(hasControl)) return;
    await this.kill();
    const left = this.directories.filter((directory) => !tryRemove(directory));
    if (left.length === 0) return;
    if (!(await until(() => left.every((directory) => removeNested(directory)))))
      throw new Failure("CGROUP_FAILED", { path: this.path, what: "it cannot be removed: EBUSY" });
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Names of the groups that a container (systemd, a nested engine) made in its own. */
function subgroups(directory: string): readonly string[] {
  const entries = ifThere(() => readdirSync(directory, { withFileTypes: true })) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
}

function pidsBelow(directory: string): readonly number[] {
  const own = readControl(join(directory, "cgroup.procs"))?.split("\n").filter(Boolean).map(Number) ?? [];
  return [...own, ...subgroups(directory).flatMap(pidsBelow)];
}

function removeNested(directory: string): boolean {
  for (const group of subgroups(directory)) removeNested(group);
  return tryRemove(directory);
}
