import type { DeviceRules, OciDevice } from "./oci.ts";

const character = (path: string, major: number, minor: number): OciDevice => ({
  type: "c",
  path,
  major,
  minor,
  fileMode: 0o666,
  uid: 0,
  gid: 0,
});

/** OCI runtime-spec, config-linux.md#default-devices. */
export const DEFAULT_DEVICES: readonly OciDevice[] = [
  character("/dev/null", 1, 3),
  character("/dev/zero", 1, 5),
  character("/dev/full", 1, 7),
  character("/dev/random", 1, 8),
  character("/dev/urandom", 1, 9),
  character("/dev/tty", 5, 0),
];

const allow = (type: "c" | "b", major: number | undefined, minor: number | undefined, access: string) => ({
  allow: true,
  type,
  ...(major === undefined ? {} : { major }),
  ...(minor === undefined ? {} : { minor }),
  access,
});

/**
 * What the device controller lets through: every node may be made, only the default ones opened (5:1 console, 5:2 ptmx, 136 terminals).
 * https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#allowed-device-list
 */
export const DEFAULT_DEVICE_RULES: DeviceRules = [
  { allow: false, access: "rwm" },
  allow("c", undefined, undefined, "m"),
  allow("b", undefined, undefined, "m"),
  ...DEFAULT_DEVICES.map(({ major, minor }) => allow("c", major, minor, "rwm")),
  allow("c", 5, 1, "rwm"),
  allow("c", 5, 2, "rwm"),
  allow("c", 136, undefined, "rwm"),
];

export const ALL_DEVICES: DeviceRules = [{ allow: true, access: "rwm" }];
