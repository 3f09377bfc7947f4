import { renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/errors.ts";
import { sha256 } from "../../core/sha256.ts";
import type { KernelControlGroups } from "../../native/kernel.ts";
import type { DeviceRules } from "../spec/oci.ts";
import type { ControlGroup, DeviceConfinement } from "./control-groups.ts";
import { compileDeviceFilter } from "./device-filter.ts";
import { readControl, writeControl } from "./files.ts";
import type { CgroupLayout, Hierarchy } from "./layout.ts";
import { makeDirectory, makeLegacy } from "./make.ts";

type SharedGroup = DeviceConfinement & Pick<ControlGroup, "procs">;

const CONFINED: DeviceConfinement = { devicesConfined: true, warnings: [] };

const unconfined = (why: string): SharedGroup => ({
  devicesConfined: false,
  procs: [],
  warnings: [
    `no control group confines devices (${why}): CAP_MKNOD is dropped and the root filesystem is mounted nodev`,
  ],
});
const NO_HIERARCHY = "neither the devices controller nor a cgroup v2 hierarchy is mounted";

/** What `confine` achieves: `group`, or nothing when it fails. */
function attempt(group: SharedGroup, confine: () => void): SharedGroup {
  try {
    confine();
    return group;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return unconfined(error.message);
  }
}

/** Keeps devices away from control groups: by the v1 controller where it is mounted, else by a BPF program on the v2 hierarchy. */
export class DeviceControl {
  readonly #kernel: KernelControlGroups;
  readonly #controller: Hierarchy | undefined;
  readonly #unified: Hierarchy | undefined;

  constructor(kernel: KernelControlGroups, { legacy, unified }: CgroupLayout) {
    this.#kernel = kernel;
    this.#controller = legacy.find(({ controllers }) => controllers.includes("devices"));
    this.#unified = unified;
  }

  /** Lets the processes of the group at `path`, which exists, use no other devices than these. Throws CGROUP_FAILED. */
  confine(path: string, rules: DeviceRules): DeviceConfinement {
    if (this.#controller !== undefined) {
      writeDeviceRules(join(this.#controller.mountpoint, path), rules);
      return CONFINED;
    }
    if (rules.every(({ allow }) => allow)) return CONFINED;
    if (this.#unified === undefined) return unconfined(NO_HIERARCHY);
    const directory = join(this.#unified.mountpoint, path);
    return attempt({ ...CONFINED, procs: [] }, () =>
      this.#kernel.attachDeviceFilter(directory, compileDeviceFilter(rules)),
    );
  }

  /** See ControlGroups.confine. */
  share(path: string, rules: DeviceRules): SharedGroup {
    const controller = this.#controller;
    if (controller === undefined)
      return this.#unified === undefined
        ? unconfined(NO_HIERARCHY)
        : this.#shareUnified(this.#unified, path, rules);
    const procs = [join(controller.mountpoint, path, "cgroup.procs")];
    return attempt({ ...CONFINED, procs }, () => makeLegacyGroup(controller, path, rules));
  }

  /** A filter cannot be read back, so the group is named after it. */
  #shareUnified({ mountpoint }: Hierarchy, path: string, rules: DeviceRules): SharedGroup {
    const filter = compileDeviceFilter(rules);
    const digest = sha256(filter).toString("hex").slice(0, 12);
    const directory = join(mountpoint, `${path}-${digest}`);
    return attempt({ ...CONFINED, procs: [join(directory, "cgroup.procs")] }, () => {
      makeDirectory(directory);
      if (this.#kernel.countDeviceFilters(directory) === 0)
        this.#kernel.attachDeviceFilter(directory, filter);
    });
  }

  /** Whether the group at `path` keeps any device away. */
  confines(path: string): boolean {
    if (this.#controller !== undefined) {
      const list = readControl(join(this.#controller.mountpoint, path, "devices.list"));
      return list !== undefined && list !== "a *:* rwm";
    }
    if (this.#unified === undefined) return false;
    return this.#kernel.countDeviceFilters(join(this.#unified.mountpoint, path)) > 0;
  }
}

/** Words of devices.allow, devices.deny and devices.list: "c 1:3 rwm", "a *:* rwm". */
function deviceWord({ type = "a", major, minor, access = "rwm" }: DeviceRules[number]): string {
  const part = (number: number | undefined) => (number === undefined ? "*" : String(number));
  return `${type} ${part(major)}:${part(minor)} ${access}`;
}

/** What confines a v1 group, to be written in order: https://docs.kernel.org/admin-guide/cgroup-v1/devices.html */
const compileDeviceWords = (rules: DeviceRules): readonly (readonly [file: string, word: string])[] =>
  rules.map((rule) => [rule.allow ? "devices.allow" : "devices.deny", deviceWord(rule)]);

function writeDeviceRules(directory: string, rules: DeviceRules): void {
  for (const [file, word] of compileDeviceWords(rules)) writeControl(join(directory, file), word);
}

/** What devices.list says of a group after `rules`, the first of which denies everything, were written to it. */
const listed = (rules: DeviceRules): string =>
  rules
    .filter(({ allow }) => allow)
    .map(deviceWord)
    .toSorted()
    .join("\n");

/** Makes the group unless it is there. It appears with its rules in force: another process may join as soon as it does. */
function makeLegacyGroup(hierarchy: Hierarchy, path: string, rules: DeviceRules): void {
  const directory = join(hierarchy.mountpoint, path);
  const found = readControl(join(directory, "devices.list"))?.split("\n").toSorted().join("\n");
  if (found === undefined) makeComplete(hierarchy, path, rules);
  else if (found !== listed(rules)) writeDeviceRules(directory, rules);
}

function makeComplete(hierarchy: Hierarchy, path: string, rules: DeviceRules): void {
  const fresh = `${path}.${process.pid}`;
  makeLegacy(hierarchy, fresh);
  try {
    writeDeviceRules(join(hierarchy.mountpoint, fresh), rules);
    renameSync(join(hierarchy.mountpoint, fresh), join(hierarchy.mountpoint, path));
  } catch (error) {
    rmdirSync(join(hierarchy.mountpoint, fresh));
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
