import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { delimiter, join } from "node:path";

export interface Finding {
  readonly name: string;
  readonly status: "ok" | "degraded" | "missing";
  /** What was found, and what it costs if that is not enough. */
  readonly detail: string;
}

/** What the checks ask of this machine; tests describe another one. */
export interface Host {
  readonly uid: number;
  readonly kernelRelease: string;
  /** Content of a file; undefined when it cannot be read. */
  read(path: string): string | undefined;
  exists(path: string): boolean;
  /** Path of a program. */
  command(name: string): string | undefined;
}

type Check = (host: Host) => Omit<Finding, "name">;

const ok = (detail: string) => ({ status: "ok", detail }) as const;
const degraded = (detail: string) => ({ status: "degraded", detail }) as const;
const missing = (detail: string) => ({ status: "missing", detail }) as const;

/** Bit numbers of capabilities(7). */
const CAP_SYS_ADMIN = 21;
const CAP_SYS_RESOURCE = 24;

/** Every check in the order it is listed. */
const CHECKS: Readonly<Record<string, Check>> = {
  privileges: (host) => {
    if (host.uid !== 0) return missing("not root: containers, builds and layers need root in this version");
    return hasCapability(host, CAP_SYS_ADMIN)
      ? ok("root with CAP_SYS_ADMIN")
      : missing("root without CAP_SYS_ADMIN: nothing can be mounted");
  },
  kernel: (host) =>
    isAtLeast(host, 6, 5)
      ? ok(host.kernelRelease)
      : isAtLeast(host, 5, 12)
        ? degraded(`${host.kernelRelease}: before Linux 6.5 an image may have about 40 layers at most`)
        : missing(`${host.kernelRelease}: Linux 5.12 or later is needed`),
  overlay: (host) =>
    hasFilesystem(host, "overlay")
      ? ok("available")
      : degraded("no overlay filesystem: use the vfs snapshot driver, which copies every layer"),
  erofs: (host) =>
    hasFilesystem(host, "erofs") && isAtLeast(host, 6, 12)
      ? ok("available, mountable from files")
      : degraded("EROFS cannot be mounted from files: layers are unpacked before they are used"),
  "control groups": controlGroups,
  "user namespaces": (host) =>
    Number(host.read("/proc/sys/user/max_user_namespaces") ?? 0) > 0
      ? ok("available")
      : degraded("switched off: containers cannot be given a user namespace"),
  seccomp: (host) =>
    host.read("/proc/sys/kernel/seccomp/actions_avail")?.includes("errno") === true
      ? ok("available")
      : degraded("no seccomp filters: system calls of containers are not restricted"),
  "resource limits": (host) =>
    hasCapability(host, CAP_SYS_RESOURCE)
      ? ok("CAP_SYS_RESOURCE")
      : degraded("no CAP_SYS_RESOURCE: --ulimit cannot raise a limit above that of this process"),
  nftables: (host) => {
    const nft = host.command("nft");
    return nft === undefined
      ? degraded("the command nft is missing (apt-get install nftables): no NAT and no published ports")
      : ok(nft);
  },
  forwarding: (host) =>
    host.read("/proc/sys/net/ipv4/ip_forward")?.trim() === "1"
      ? ok("net.ipv4.ip_forward = 1")
      : degraded("net.ipv4.ip_forward = 0: switched on with the first container in a bridge network"),
  binfmt: (host) =>
    host.exists("/proc/sys/fs/binfmt_misc/status")
      ? ok("available")
      : degraded("no binfmt_misc: programs of other architectures cannot be emulated"),
};

/** Looks at everything that containers and builds depend on. */
export const examine = (host: Host): readonly Finding[] =>
  Object.entries(CHECKS).map(([name, check]) => ({ name, ...check(host) }));

const CONTROLLERS = ["cpu", "memory", "pids"];

function controlGroups(host: Host): Omit<Finding, "name"> {
  const unified = host.read("/sys/fs/cgroup/cgroup.controllers");
  const version = unified === undefined ? "v1" : "v2";
  const available = unified === undefined ? firstControllers(host) : unified.trim().split(" ");
  if (available.length === 0)
    return missing("no control groups are mounted: containers cannot be limited or listed");
  const lost = CONTROLLERS.filter((name) => !available.includes(name));
  return lost.length === 0
    ? ok(`${version} with ${CONTROLLERS.join(", ")}`)
    : degraded(`${version} without ${lost.join(", ")}: limits of these are refused`);
}

/** The enabled controllers of the v1 hierarchies: name, hierarchy, number of groups, enabled. */
function firstControllers(host: Host): readonly string[] {
  const rows = (host.read("/proc/cgroups") ?? "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return rows.flatMap((line) => {
    const [name = "", hierarchy, , enabled] = line.split(/\s+/);
    return enabled === "1" && hierarchy !== "0" ? [name] : [];
  });
}

function hasCapability(host: Host, bit: number): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(host.read("/proc/self/status") ?? "")?.[1] ?? "0";
  return ((BigInt(`0x${mask}`) >> BigInt(bit)) & 1n) === 1n;
}

/** A filesystem that is a module appears only once it is loaded, so the module's file counts too. */
function hasFilesystem(host: Host, name: string): boolean {
  const listed = (host.read("/proc/filesystems") ?? "")
    .split("\n")
    .some((line) => line.trim().split(/\s+/).at(-1) === name);
  return (
    listed ||
    host.exists(`/lib/modules/${host.kernelRelease}/kernel/fs/${name === "overlay" ? "overlayfs" : name}`)
  );
}

function isAtLeast(host: Host, major: number, minor: number): boolean {
  const [haveMajor = 0, haveMinor = 0] = host.kernelRelease
    .split(".")
    .map((part) => Number.parseInt(part, 10));
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}

export const thisHost = (): Host => ({
  uid: process.getuid?.() ?? 0,
  kernelRelease: release(),
  read: (path) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  },
  exists: existsSync,
  command: (name) =>
    [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"]
      .map((folder) => join(folder, name))
      .find((path) => {
        try {
          accessSync(path, constants.X_OK);
          return true;
        } catch {
          return false;
        }
      }),
});
