import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** Replaces a file that only its owner can read, as a whole or not at all. A linked one is replaced where it is, not the link. */
export async function replacePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const target = followed(path);
  await mkdir(dirname(target), { recursive: true, mode: PRIVATE_FOLDER });
  const temporary = `${target}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(temporary, content, { mode: PRIVATE_FILE, flag: "wx", flush: true });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function followed(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
