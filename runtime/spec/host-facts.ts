import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { capabilitiesOfMask } from "./capabilities.ts";
import type { HostFacts } from "./compile.ts";
import type { OciDevice } from "./oci.ts";

/** Filesystems and links below /dev that every container has of its own. */
const OWN = new Set(["pts", "shm", "fd", "mqueue", "console", "ptmx"]);

function toDevice(path: string): OciDevice | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !(stat.isCharacterDevice() || stat.isBlockDevice())) return undefined;
  const number = BigInt(stat.rdev);
  return {
    type: stat.isBlockDevice() ? "b" : "c",
    path,
    // gnu_dev_major and gnu_dev_minor of sys/sysmacros.h.
    major: Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn)),
    minor: Number((number & 0xffn) | ((number >> 12n) & ~0xffn)),
    fileMode: stat.mode & 0o777,
    uid: stat.uid,
    gid: stat.gid,
  };
}

/** The nodes at or below a path, links at the path itself followed; each is named as if it were where the path says. */
export function findDevices(path: string): readonly OciDevice[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const real = realpathSync(path);
  const found = stat.isDirectory() ? devicesBelow(real) : [toDevice(real) ?? []].flat();
  return found.map((device) => ({ ...device, path: path + device.path.slice(real.length) }));
}

function devicesBelow(directory: string): readonly OciDevice[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (OWN.has(entry.name)) return [];
    const path = join(directory, entry.name);
    return entry.isDirectory() ? devicesBelow(path) : (toDevice(path) ?? []);
  });
}

/** The facts of this machine and process. Devices are only looked up where a privileged container asks. */
export function readHostFacts(cgroupNamespaces: boolean): HostFacts {
  const status = readFileSync("/proc/self/status", "latin1");
  const mask = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return {
    capabilities: capabilitiesOfMask(mask),
    cgroupNamespaces,
    get devices() {
      return devicesBelow("/dev");
    },
  };
}
