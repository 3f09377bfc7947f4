import { createHash } from "node:crypto";
import type { Document } from "../../core/document.ts";
import type { Host } from "./doctor.ts";

const CGROUPS = "/sys/fs/cgroup";

/** What Docker Engine API 1.51 "SystemInfo" says of the limits a host can set. */
export function limitFacts(host: Host): Document {
  const list = host.read(`${CGROUPS}/cgroup.controllers`);
  const unified = list !== undefined;
  const controllers = new Set(list?.trim().split(/\s+/));
  const has = (name: string) => (unified ? controllers.has(name) : host.exists(`${CGROUPS}/${name}`));
  const memory = has("memory");
  const swap = unified ? memory : host.exists(`${CGROUPS}/memory/memory.memsw.limit_in_bytes`);
  const cpu = has("cpu");
  return {
    MemoryLimit: memory,
    SwapLimit: swap,
    CpuCfsPeriod: cpu,
    CpuCfsQuota: cpu,
    CPUShares: cpu,
    CPUSet: has("cpuset"),
    PidsLimit: has("pids"),
    OomKillDisable: memory && !unified,
    CgroupDriver: "cgroupfs",
    CgroupVersion: unified ? "2" : "1",
    IPv4Forwarding: host.read("/proc/sys/net/ipv4/ip_forward")?.trim() === "1",
    SecurityOptions: ["name=seccomp,profile=builtin", ...(unified ? ["name=cgroupns"] : [])],
  };
}

/** An id that stays with a state root on a machine, in the form of a UUID. */
export function engineId(host: Host, root: string): string {
  const machine = host.read("/etc/machine-id")?.trim() ?? "";
  const hex = createHash("sha256").update(`${machine} ${root}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

/** Values of /etc/os-release. https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
export function operatingSystem(host: Host): Document {
  const text = host.read("/etc/os-release") ?? host.read("/usr/lib/os-release") ?? "";
  const value = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(text)?.[1];
  return {
    OperatingSystem: value("PRETTY_NAME") ?? "Linux",
    OSVersion: value("VERSION_ID") ?? "",
    OSType: "linux",
  };
}
