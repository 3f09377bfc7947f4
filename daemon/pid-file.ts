import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../core/errors.ts";
import { readIfThere } from "../core/if-there.ts";

/** Writes this process's number down until it is disposed. Throws DAEMON_RUNNING when that of a process that lives is there. */
export function writePidFile(path: string): Disposable {
  const other = readPid(path);
  if (other !== undefined && other !== process.pid && isAlive(other))
    throw new Failure("DAEMON_RUNNING", { path, pid: other });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, String(process.pid), { mode: 0o644 });
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

function readPid(path: string): number | undefined {
  const text = readIfThere(path)?.trim() ?? "";
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
