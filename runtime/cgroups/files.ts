import { existsSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/errors.ts";
import { monotonicMs } from "../../core/monotonic.ts";

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "EUNKNOWN";

/** The text of a control file; undefined when it is not there (or its group is going away). */
export function readControl(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (["ENOENT", "ENODEV", "ENOTDIR", "EOPNOTSUPP"].includes(codeOf(error))) return undefined;
    throw error;
  }
}

export function readNumber(path: string): number | undefined {
  const text = readControl(path);
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text);
}

/** A value of a file of "key value" lines. */
export function readKeyed(path: string, key: string): number | undefined {
  const line = readControl(path)
    ?.split("\n")
    .find((each) => each.startsWith(`${key} `));
  return line === undefined ? undefined : Number(line.slice(key.length + 1));
}

/** Writes a control file; throws CGROUP_FAILED with what the kernel said. */
export function writeControl(path: string, value: string): void {
  try {
    // Control files cannot be truncated or created.
    writeFileSync(path, value, { flag: "r+" });
  } catch (error) {
    throw new Failure(
      "CGROUP_FAILED",
      { path, what: `writing ${JSON.stringify(value)}: ${codeOf(error)}` },
      { cause: error },
    );
  }
}

/** writeControl() for a group that may end, and be removed, at any moment. */
export function writeControlIfThere(path: string, value: string): void {
  try {
    writeControl(path, value);
  } catch (error) {
    const gone = ["ENOENT", "ENODEV"].includes(codeOf((error as Failure).cause));
    if (!gone) throw error;
  }
}

export const hasControl = (path: string): boolean => existsSync(path);

/** Polls until `done()`, waiting longer each time, at most `limitMs` in all; false when the time ran out. */
export async function until(done: () => boolean, limitMs = 10_000): Promise<boolean> {
  const deadline = monotonicMs() + limitMs;
  for (let pauseMs = 0.5; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    if (done()) return true;
    if (monotonicMs() > deadline) return false;
    await sleep(pauseMs);
  }
}

/** rmdir(2); true when it is gone. A group with a process on its way out is still busy. */
export function tryRemove(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return true;
    if (codeOf(error) === "EBUSY" || codeOf(error) === "ENOTEMPTY") return false;
    throw error;
  }
}
