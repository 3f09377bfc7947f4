import { Failure } from "../../core/errors.ts";
import type { HostConfig } from "../container-config.ts";
import type { DeviceRules, OciDevice } from "./oci.ts";

/** A node of the host that a container is given, and what it may do with it ("rwm"). */
export interface GrantedDevice extends OciDevice {
  readonly access: string;
}

type Requests = HostConfig["Devices"];
/** The device nodes at or below a path of the host, and none for what is no device. */
export type DeviceFinder = (path: string) => readonly OciDevice[];

const ACCESS = /^[rwm]{1,3}$/;
const RULE = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/;

/** Throws CONTAINER_CONFIG_INVALID. */
export function checkDevices({
  Devices,
  DeviceCgroupRules,
}: Pick<HostConfig, "Devices" | "DeviceCgroupRules">): void {
  for (const { PathOnHost, CgroupPermissions } of Devices) {
    if (!PathOnHost.startsWith("/"))
      throw new Failure("CONTAINER_CONFIG_INVALID", { why: `${PathOnHost} is not an absolute path` });
    if (CgroupPermissions !== "" && !ACCESS.test(CgroupPermissions))
      throw new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid device mode: ${CgroupPermissions}` });
  }
  for (const rule of DeviceCgroupRules) parseRule(rule);
}

/** Throws CONTAINER_CONFIG_INVALID. */
export const grantDevices = (requests: Requests, find: DeviceFinder): readonly GrantedDevice[] =>
  requests.flatMap(({ PathOnHost, PathInContainer, CgroupPermissions }) => {
    const found = find(PathOnHost);
    if (found.length === 0)
      throw new Failure("CONTAINER_CONFIG_INVALID", {
        why: `error gathering device information while adding custom device "${PathOnHost}": not a device node`,
      });
    const inside = PathInContainer === "" ? PathOnHost : PathInContainer;
    return found.map((device) => ({
      ...device,
      path: inside + device.path.slice(PathOnHost.length),
      access: CgroupPermissions === "" ? "rwm" : CgroupPermissions,
    }));
  });

const number = (text: string): number | undefined => (text === "*" ? undefined : Number(text));

/** "c 1:3 rwm", with "*" for any number and "a" for both kinds. */
function parseRule(text: string): DeviceRules {
  const [, type, major = "", minor = "", access = ""] = RULE.exec(text) ?? [];
  if (type === undefined)
    throw new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid device cgroup rule format: '${text}'` });
  const [one, two] = [number(major), number(minor)];
  const rule = {
    allow: true,
    access,
    ...(one === undefined ? {} : { major: one }),
    ...(two === undefined ? {} : { minor: two }),
  };
  return type === "a" ? [rule] : [{ ...rule, type }];
}

/** What is allowed beyond the default. */
export const deviceRules = (devices: readonly GrantedDevice[], rules: readonly string[]): DeviceRules => [
  ...devices.map(({ type, major = 0, minor = 0, access }) => ({ allow: true, type, major, minor, access })),
  ...rules.flatMap(parseRule),
];
