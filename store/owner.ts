import { readFileSync } from "node:fs";

/**
 * Names a process for good: "<boot>-<pid>-<start time>". A pid alone is given to another process sooner or later.
 * Processes that share a root must share a pid namespace.
 */
export type Owner = string;

const FORM = /^([0-9a-f]{12})-([0-9]+)-([0-9]+)$/;

let boot: string | undefined;
let self: Owner | undefined;

/** The boot this machine runs since. */
export function bootId(): string {
  boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").replaceAll("-", "").slice(0, 12);
  return boot;
}

export function thisOwner(): Owner {
  self ??= `${bootId()}-${process.pid}-${startTime(process.pid)}`;
  return self;
}

/** The process that has this pid now; undefined when there is none. */
export function ownerOf(pid: number): Owner | undefined {
  const started = startTime(pid);
  return started === undefined ? undefined : `${bootId()}-${pid}-${started}`;
}

/** True when `owner` lived in an earlier boot of this machine. */
export const isFromEarlierBoot = (owner: Owner): boolean => !owner.startsWith(`${bootId()}-`);

/** False for a process that has ended (a zombie has), for another boot's, and for text that names none. */
export function isAlive(owner: Owner): boolean {
  const [, itsBoot, pid, started] = FORM.exec(owner) ?? [];
  if (itsBoot !== bootId()) return false;
  return startTime(Number(pid)) === started;
}

/** Field 22 of proc_pid_stat(5), in clock ticks since boot; the second field may hold spaces and parentheses. */
function startTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}
