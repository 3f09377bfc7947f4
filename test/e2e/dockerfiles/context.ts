import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** A file of a context: its content, or what else it is. */
export type Entry =
  | string
  | Buffer
  | { readonly link: string }
  | { readonly hardlink: string }
  | { readonly mode: number; readonly data: string };

/** The time of everything in a context, in seconds. */
const CONTEXT_SECONDS = 1_000_000_000;

/** Writes a context into the new directory `folder`. */
export function writeContext(
  folder: string,
  dockerfile: string,
  files: Readonly<Record<string, Entry>> = {},
): void {
  mkdirSync(folder);
  writeFileSync(join(folder, "Dockerfile"), dockerfile);
  for (const [name, entry] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    write(folder, path, entry);
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    lutimesSync(join(folder, name), CONTEXT_SECONDS, CONTEXT_SECONDS);
}

function write(folder: string, path: string, entry: Entry): void {
  if (entry === "dir") mkdirSync(path);
  else if (typeof entry === "string" || Buffer.isBuffer(entry)) writeFileSync(path, entry, { mode: 0o644 });
  else if ("link" in entry) symlinkSync(entry.link, path);
  else if ("hardlink" in entry) linkSync(join(folder, entry.hardlink), path);
  else {
    writeFileSync(path, entry.data);
    chmodSync(path, entry.mode);
  }
}
