import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BASE } from "../contender.ts";
import { buildRows } from "../row.ts";

const FOLDERS = 400;
export const FILES_PER_FOLDER = 50;
const LINE = "a line of a text file, as sources have them\n";
/** 73 MB altogether. */
const LINES_PER_FILE = 83;

/** What a file costs: 20,000 of them in 400 folders. */
export const small = buildRows("small", {
  prepare: (context) => {
    writeFileSync(join(context, "Dockerfile"), `FROM ${BASE}\nCOPY files /files\n`);
    writeSmall(context);
  },
  refresh: refreshSmall,
});

/** Writes the folder `files`. */
export function writeSmall(context: string, folders = FOLDERS): void {
  for (let folder = 0; folder < folders; folder += 1) {
    const path = join(context, "files", `folder-${folder}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < FILES_PER_FOLDER; file += 1)
      writeFileSync(join(path, `file-${file}.txt`), `${folder} ${file}\n${LINE.repeat(LINES_PER_FILE)}`);
  }
}

/** Changes one of the files, so that nobody has seen all of them before. */
export function refreshSmall(context: string): void {
  writeFileSync(join(context, "files", "folder-0", "fresh.txt"), randomBytes(16).toString("hex"));
}
