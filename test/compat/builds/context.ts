import { chmodSync, chownSync, linkSync, lutimesSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

interface ContextFile {
  readonly text: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** A context file: its text, or what else it is. The default mode is 0644, of directories 0755. */
export type ContextEntry =
  | string
  | ContextFile
  | { readonly link: string }
  | { readonly hardLink: string }
  | { readonly dir: true; readonly mode?: number };

export type Context = Readonly<Record<string, ContextEntry>>;

/** Every file of a context carries this time, so that both engines see the same. */
export const CONTEXT_TIME = new Date("2024-05-06T07:08:09Z");

/** Makes the files of `context` below `folder`, in the order listed. */
export function makeContext(folder: string, context: Context): void {
  for (const [path, entry] of Object.entries(context)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    makeEntry(folder, path, entry);
  }
  for (const path of Object.keys(context)) lutimesSync(join(folder, path), CONTEXT_TIME, CONTEXT_TIME);
}

function makeEntry(folder: string, path: string, entry: ContextEntry): void {
  const target = join(folder, path);
  if (typeof entry === "string") makeFile(target, { text: entry });
  else if ("link" in entry) symlinkSync(entry.link, target);
  else if ("hardLink" in entry) linkSync(join(folder, entry.hardLink), target);
  else if ("dir" in entry) {
    mkdirSync(target, { recursive: true });
    chmodSync(target, entry.mode ?? 0o755);
  } else makeFile(target, entry);
}

function makeFile(target: string, file: ContextFile): void {
  writeFileSync(target, file.text);
  if (file.uid !== undefined) chownSync(target, file.uid, file.gid ?? 0);
  chmodSync(target, file.mode ?? 0o644);
}
