import { readControl, readKeyed, readNumber } from "./files.ts";

/** What the processes of a group have used, as the kernel counts it; what a controller that is missing would tell is 0. */
export interface CgroupUsage {
  /** Nanoseconds. */
  readonly cpu: { readonly total: number; readonly kernel: number; readonly user: number };
  readonly throttling: { readonly periods: number; readonly throttled: number; readonly timeNs: number };
  /** Bytes. `limit` is undefined where there is none, `detail` the kernel's memory.stat. */
  readonly memory: {
    readonly usage: number;
    readonly limit?: number;
    readonly detail: Readonly<Record<string, number>>;
  };
  readonly pids: { readonly current: number; readonly limit?: number };
  readonly io: readonly DeviceIo[];
}

export interface DeviceIo {
  readonly major: number;
  readonly minor: number;
  /** Bytes. */
  readonly read: number;
  readonly write: number;
}

/** Path of a controller's file; undefined when the controller is not mounted. */
type FindFile = (controller: string, file: string) => string | undefined;

const text = (find: FindFile, controller: string, file: string): string => {
  const path = find(controller, file);
  return path === undefined ? "" : (readControl(path) ?? "");
};
const number = (find: FindFile, controller: string, file: string): number | undefined => {
  const path = find(controller, file);
  return path === undefined ? undefined : readNumber(path);
};
const keyed = (find: FindFile, controller: string, file: string, key: string): number => {
  const path = find(controller, file);
  return (path === undefined ? undefined : readKeyed(path, key)) ?? 0;
};

function detailOf(stat: string): Readonly<Record<string, number>> {
  const rows = stat.split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    rows.map((line): [string, number] => {
      const [key = "", value] = line.split(" ");
      return [key, Number(value)];
    }),
  );
}

/** "No limit" is a word on v2, and on v1 the largest number of pages. */
const limited = (limit: number | undefined): { readonly limit?: number } =>
  limit === undefined || limit > Number.MAX_SAFE_INTEGER ? {} : { limit };

/** https://docs.kernel.org/admin-guide/cgroup-v2.html */
function unifiedUsage(find: FindFile): CgroupUsage {
  const cpu = (key: string) => keyed(find, "cpu", "cpu.stat", key);
  return {
    cpu: {
      total: cpu("usage_usec") * 1000,
      kernel: cpu("system_usec") * 1000,
      user: cpu("user_usec") * 1000,
    },
    throttling: {
      periods: cpu("nr_periods"),
      throttled: cpu("nr_throttled"),
      timeNs: cpu("throttled_usec") * 1000,
    },
    memory: {
      usage: number(find, "memory", "memory.current") ?? 0,
      ...limited(number(find, "memory", "memory.max")),
      detail: detailOf(text(find, "memory", "memory.stat")),
    },
    pids: {
      current: number(find, "pids", "pids.current") ?? 0,
      ...limited(number(find, "pids", "pids.max")),
    },
    io: unifiedIo(text(find, "io", "io.stat")),
  };
}

/** "8:0 rbytes=1 wbytes=2 rios=…" a line. */
const unifiedIo = (stat: string): readonly DeviceIo[] =>
  stat.split("\n").flatMap((line) => {
    const [, major, minor, rest = ""] = /^(\d+):(\d+) (.*)$/.exec(line) ?? [];
    if (major === undefined) return [];
    const value = (key: string) => Number(new RegExp(`\\b${key}=(\\d+)`).exec(rest)?.[1] ?? 0);
    return [{ major: Number(major), minor: Number(minor), read: value("rbytes"), write: value("wbytes") }];
  });

/** Clock ticks, of which a second has 100 for every program: sysconf(3), _SC_CLK_TCK. */
const TICK_NS = 10_000_000;

/** https://docs.kernel.org/admin-guide/cgroup-v1/ */
function legacyUsage(find: FindFile): CgroupUsage {
  const cpu = (key: string) => keyed(find, "cpu", "cpu.stat", key);
  const ticks = (key: string) => keyed(find, "cpuacct", "cpuacct.stat", key) * TICK_NS;
  return {
    cpu: {
      total: number(find, "cpuacct", "cpuacct.usage") ?? 0,
      kernel: ticks("system"),
      user: ticks("user"),
    },
    throttling: {
      periods: cpu("nr_periods"),
      throttled: cpu("nr_throttled"),
      timeNs: cpu("throttled_time"),
    },
    memory: {
      usage: number(find, "memory", "memory.usage_in_bytes") ?? 0,
      ...limited(number(find, "memory", "memory.limit_in_bytes")),
      detail: detailOf(text(find, "memory", "memory.stat")),
    },
    pids: {
      current: number(find, "pids", "pids.current") ?? 0,
      ...limited(number(find, "pids", "pids.max")),
    },
    io: legacyIo(text(find, "blkio", "blkio.throttle.io_service_bytes")),
  };
}

/** "8:0 Read 1" a line. */
function legacyIo(stat: string): readonly DeviceIo[] {
  const devices = new Map<string, DeviceIo>();
  for (const line of stat.split("\n")) {
    const [, device = "", direction, bytes] = /^(\d+:\d+) (Read|Write) (\d+)$/.exec(line) ?? [];
    if (direction === undefined) continue;
    const [major = 0, minor = 0] = device.split(":").map(Number);
    const known = devices.get(device) ?? { major, minor, read: 0, write: 0 };
    devices.set(device, { ...known, [direction === "Read" ? "read" : "write"]: Number(bytes) });
  }
  return [...devices.values()];
}

export const readUsage = (find: FindFile, unified: boolean): CgroupUsage =>
  unified ? unifiedUsage(find) : legacyUsage(find);
