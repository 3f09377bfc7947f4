import { readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ATTEMPTS = 60;
const PAUSE_MS = 50;

const code = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/**
 * Kills every process in the cgroup directory `path` and below, and removes it. A cgroup can only be removed once its processes are
 * reaped, so this tries for three seconds and then rejects with EBUSY. Success means "no such cgroup".
 */
export async function removeCgroup(path: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await kill(path);
    try {
      await removeFolders(path);
      return;
    } catch (error) {
      if (code(error) !== "EBUSY" || attempt === ATTEMPTS) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

/** Children first; files of a cgroup cannot be unlinked and go with their directory. */
async function removeFolders(path: string): Promise<void> {
  for (const child of await childrenOf(path)) await removeFolders(child);
  await rmdir(path).catch(ignoreMissing);
}

async function childrenOf(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    ignoreMissing(error);
    return [];
  });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name));
}

/** cgroup.kill is of cgroup v2 since Linux 5.14; elsewhere each process is signalled, and again in the next attempt. */
async function kill(path: string): Promise<void> {
  try {
    await writeFile(join(path, "cgroup.kill"), "1", { flag: "r+" });
    return;
  } catch (error) {
    if (code(error) !== "ENOENT") throw error;
  }
  for (const child of await childrenOf(path)) await kill(child);
  const pids = await readFile(join(path, "cgroup.procs"), "latin1").catch((error: unknown) => {
    ignoreMissing(error);
    return "";
  });
  for (const pid of pids.split("\n").filter((line) => line !== "" && line !== "0")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch (error) {
      if (code(error) !== "ESRCH") throw error;
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (code(error) !== "ENOENT" && code(error) !== "ENODEV") throw error;
}
