import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const TIMEOUT_MS = 5_000;

/**
 * Time of the last commit of the git work tree that `directory` lies in, in seconds since the epoch; undefined when there is none, when
 * nothing is committed, or when git is not installed. Git itself is asked, as objects may be packed, borrowed or grafted.
 */
export async function commitTime(directory: string): Promise<number | undefined> {
  if (!isInWorkTree(directory)) return undefined;
  const args = [
    "-C",
    directory,
    "-c",
    "safe.directory=*",
    "log",
    "-1",
    "--format=%ct",
    "--no-show-signature",
  ];
  try {
    const { stdout } = await promisify(execFile)("git", args, { timeout: TIMEOUT_MS });
    const seconds = Number.parseInt(stdout, 10);
    return Number.isSafeInteger(seconds) ? seconds : undefined;
  } catch {
    return undefined;
  }
}

function isInWorkTree(directory: string): boolean {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return true;
    if (at === dirname(at)) return false;
  }
}
