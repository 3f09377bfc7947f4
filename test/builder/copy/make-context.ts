import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";

import type { ContextFile, CopyCase } from "./cases.ts";

export const TIME = 1_600_000_000;

/** Makes the context of a case. Needs root for nothing but what a case says. */
export async function makeContext(folder: string, { context, ignore, dockerfile }: CopyCase): Promise<void> {
  const made = [...context];
  for (const file of made) await makeFile(folder, file);
  if (ignore !== undefined) writeFileSync(join(folder, ".dockerignore"), `${ignore.join("\n")}\n`);
  writeFileSync(join(folder, "Dockerfile"), `${dockerfile.join("\n")}\n`);
  for (const { path, mode, link } of made.toReversed()) {
    if (link !== undefined) continue;
    if (mode !== undefined) chmodSync(join(folder, path), mode);
    utimesSync(join(folder, path), TIME, TIME);
  }
}

async function makeFile(folder: string, file: ContextFile): Promise<void> {
  const path = join(folder, file.path);
  mkdirSync(file.path.endsWith("/") ? path : dirname(path), { recursive: true });
  if (file.content !== undefined) writeFileSync(path, file.content);
  if (file.link !== undefined) symlinkSync(file.link, path);
  if (file.hardLink !== undefined) linkSync(join(folder, file.hardLink), path);
  if (file.fifo === true) execFileSync("mkfifo", [path]);
  if (file.socket === true) await makeSocket(path);
  if (file.xattr !== undefined) execFileSync("setfattr", ["-n", file.xattr[0], "-v", file.xattr[1], path]);
  if (file.archiveOf !== undefined) makeArchive(folder, path, file.archiveOf);
}

function makeArchive(folder: string, path: string, archive: NonNullable<ContextFile["archiveOf"]>): void {
  const options = ["--sort=name", `--mtime=@${TIME}`, "--owner=7", "--group=8", "--auto-compress"];
  execFileSync("tar", ["-C", join(folder, archive.folder), ...options, "-cf", path, ...archive.names]);
}

async function makeSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.bound`, resolve));
  linkSync(`${path}.bound`, path);
  await new Promise((resolve) => server.close(resolve));
}
