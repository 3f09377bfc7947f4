import { Failure } from "../../core/errors.ts";
import type { HostConfig } from "../../engine/api.ts";
import type { Flags, FlagValues } from "../flags.ts";
import { keyValues } from "./key-values.ts";

/** What a container shares with the host, or is given of it. */
export const ISOLATION_FLAGS = {
  annotation: {
    kind: "list",
    type: "map",
    help: "Add an annotation to the container (passed through to the OCI runtime)",
  },
  cgroupns: { kind: "string", help: "Cgroup namespace to use (host|private)" },
  device: { kind: "list", help: "Add a host device to the container" },
  "device-cgroup-rule": { kind: "list", help: "Add a rule to the cgroup allowed devices list" },
  "group-add": { kind: "list", help: "Add additional groups to join" },
  ipc: { kind: "string", help: "IPC mode to use" },
  "memory-swappiness": { kind: "int", default: -1, help: "Tune container memory swappiness (0 to 100)" },
  "oom-kill-disable": { kind: "bool", help: "Disable OOM Killer" },
  "oom-score-adj": { kind: "int", help: "Tune host's OOM preferences (-1000 to 1000)" },
  pid: { kind: "string", help: "PID namespace to use" },
  userns: { kind: "string", help: "User namespace to use" },
  uts: { kind: "string", help: "UTS namespace to use" },
} as const satisfies Flags;

const MODES = [
  ["cgroupns", "CgroupnsMode"],
  ["ipc", "IpcMode"],
  ["pid", "PidMode"],
  ["userns", "UsernsMode"],
  ["uts", "UTSMode"],
] as const;

export function readIsolation(flags: FlagValues<typeof ISOLATION_FLAGS>): Partial<HostConfig> {
  const { annotation, device, "device-cgroup-rule": rules, "group-add": groups } = flags;
  const swappiness = flags["memory-swappiness"];
  const score = flags["oom-score-adj"];
  return {
    ...Object.fromEntries(
      MODES.flatMap(([flag, field]) => (flags[flag] === undefined ? [] : [[field, flags[flag]]])),
    ),
    ...(annotation.length === 0 ? {} : { Annotations: keyValues(annotation) }),
    ...(device.length === 0 ? {} : { Devices: device.map(readDevice) }),
    ...(rules.length === 0 ? {} : { DeviceCgroupRules: rules }),
    ...(groups.length === 0 ? {} : { GroupAdd: groups }),
    ...(swappiness === -1 ? {} : { MemorySwappiness: swappiness }),
    ...(flags["oom-kill-disable"] ? { OomKillDisable: true } : {}),
    ...(score === undefined ? {} : { OomScoreAdj: score }),
  };
}

const isAccess = (text: string): boolean => /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;

/** `host[:container][:rwm]`. */
function readDevice(text: string): HostConfig["Devices"][number] {
  const [host = "", second = "", third, ...more] = text.split(":");
  const want = "host-device[:container-device][:permissions]";
  if (more.length > 0 || host === "" || (third !== undefined && !isAccess(third)))
    throw new Failure("OPTION_INVALID", { option: "--device", got: text, want });
  if (/^[^/]+\/[^=]+=/.test(host))
    throw new Failure("OPTION_UNSUPPORTED", { option: `--device ${text} (a CDI device)` });
  const onlyAccess = third === undefined && isAccess(second);
  return {
    PathOnHost: host,
    PathInContainer: onlyAccess || second === "" ? host : second,
    CgroupPermissions: third ?? (onlyAccess ? second : "rwm"),
  };
}
