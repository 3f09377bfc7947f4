import { renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { DeviceRules } from "../spec/oci.ts";
import type { ControlGroup, DeviceConfinement } from "./control-groups.ts";
import { readControl, writeControl } from "./files.ts";
import type { CgroupLayout, Hierarchy } from "./layout.ts";
import { makeLegacy } from "./make.ts";

export const CONFINED: DeviceConfinement = { devicesConfined: true, warnings: [] };

const unconfined = (why: string): DeviceConfinement => ({
  devicesConfined: false,
  warnings: [
    `no control group confines devices (${why}): CAP_MKNOD is dropped and the root filesystem is mounted nodev`,
  ],
});

const controllerOf = ({ legacy }: CgroupLayout): Hierarchy | undefined =>
  legacy.find(({ controllers }) => controllers.includes("devices"));

/** Lets the processes of the group at `path`, which exists, use no other devices than these. Rejects with CGROUP_FAILED. */
export function confineDevices(layout: CgroupLayout, path: string, rules: DeviceRules): DeviceConfinement {
  const controller = controllerOf(layout);
  if (controller !== undefined) {
    writeDeviceRules(join(controller.mountpoint, path), rules);
    return CONFINED;
  }
  return rules.every(({ allow }) => allow) ? CONFINED : unconfined("the devices controller is not mounted");
}

/** Whether the group at `path` keeps any device away. */
export function confinesDevices(layout: CgroupLayout, path: string): boolean {
  const controller = controllerOf(layout);
  if (controller === undefined) return false;
  const list = readControl(join(controller.mountpoint, path, "devices.list"));
  return list !== undefined && list !== "a *:* rwm";
}

/** See ControlGroups.confine. */
export function makeDeviceGroup(
  layout: CgroupLayout,
  path: string,
  rules: DeviceRules,
): DeviceConfinement & Pick<ControlGroup, "procs"> {
  const controller = controllerOf(layout);
  if (controller === undefined) return { procs: [], ...unconfined("the devices controller is not mounted") };
  try {
    makeLegacyGroup(controller, path, rules);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { procs: [], ...unconfined(error.message) };
  }
  return { procs: [join(controller.mountpoint, path, "cgroup.procs")], ...CONFINED };
}

/** Words of devices.allow, devices.deny and devices.list: "c 1:3 rwm", "a *:* rwm". */
function deviceWord({ type = "a", major, minor, access = "rwm" }: DeviceRules[number]): string {
  const part = (number: number | undefined) => (number === undefined ? "*" : String(number));
  return `${type} ${part(major)}:${part(minor)} ${access}`;
}

/** What confines a v1 group, to be written in order: https://docs.kernel.org/admin-guide/cgroup-v1/devices.html */
export const compileDeviceWords = (rules: DeviceRules): readonly (readonly [file: string, word: string])[] =>
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
