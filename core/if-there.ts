import { readFileSync } from "node:fs";

/** Whether a call failed because the file, or a folder on the way to it, does not exist. */
export const isMissing = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

/** For `catch`: undefined for a file that does not exist. Throws every other error. */
export function undefinedIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

/** What `look` returns, undefined when it met a file that does not exist. Throws what else `look` throws. */
export function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    return undefinedIfMissing(error);
  }
}

/** A file's text, UTF-8; undefined when it does not exist. Throws the error of open(2) or read(2) otherwise. */
export const readIfThere = (path: string): string | undefined => ifThere(() => readFileSync(path, "utf8"));
