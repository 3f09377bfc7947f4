import { randomBytes } from "node:crypto";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { BASE } from "../contender.ts";
import { buildRows } from "../row.ts";

const MIB = 1 << 20;
const SIZE = 490 * MIB;
const TEXT = Buffer.from(
  "text compresses well, as half of most images does\n".repeat(Math.ceil(MIB / 50)),
).subarray(0, MIB);

/** What a byte costs: one file of 513 MB, half of it random, half of it text. */
export const big = buildRows("big", {
  prepare: (context) => {
    writeFileSync(join(context, "Dockerfile"), `FROM ${BASE}\nCOPY big /big\n`);
    writeBig(context);
  },
  refresh: refreshBig,
});

/** Writes the file `big`, of an even number of MiB. */
export function writeBig(context: string, size = SIZE): void {
  const file = openSync(join(context, "big"), "w");
  for (let written = 0; written < size; written += 2 * MIB) {
    writeSync(file, randomBytes(MIB));
    writeSync(file, TEXT);
  }
  closeSync(file);
}

/** Changes a few bytes of it, so that nobody has seen it before. */
export function refreshBig(context: string): void {
  const file = openSync(join(context, "big"), "r+");
  writeSync(file, randomBytes(4096), 0, 4096, 0);
  closeSync(file);
}
