import type { FileFingerprint, FileStat, FileType, ScanEntry } from "./kernel.ts";

/**
 * Rows of stats as the addon hands them over (native/src/stats.h): twelve 64-bit fields a row, and "path\0link\0" a row.
 * One buffer and one string cross the boundary instead of a dozen values a file.
 */
export interface PackedRows {
  readonly fields: ArrayBuffer;
  readonly text: string;
}

const FIELDS = 12;
// The order of TypeIndex in native/src/stats.cc.
const FILE_TYPES: readonly FileType[] = ["file", "dir", "symlink", "char", "block", "fifo", "socket"];

export function unpackStats(packed: PackedRows): (FileStat | undefined)[] {
  return unpackRows(packed, (_path, stat) => stat);
}

export function unpackEntries(packed: PackedRows): ScanEntry[] {
  return unpackRows(packed, (path, stat) => {
    if (stat === undefined) throw new Error("a scanned entry without a type");
    return { path, stat };
  });
}

function unpackRows<T>(
  { fields, text }: PackedRows,
  make: (path: string, stat: FileStat | undefined) => T,
): T[] {
  const numbers = new Float64Array(fields);
  const integers = new BigInt64Array(fields);
  const strings = text.split("\0");
  const rows: T[] = [];
  for (let row = 0, at = 0; at < numbers.length; row++, at += FIELDS) {
    rows.push(make(strings[2 * row] ?? "", statAt(numbers, integers, at, strings[2 * row + 1] ?? "")));
  }
  return rows;
}

function statAt(
  numbers: Float64Array,
  integers: BigInt64Array,
  at: number,
  link: string,
): FileStat | undefined {
  const type = FILE_TYPES[numbers[at] ?? -1];
  if (type === undefined) return undefined;
  const stat = {
    type,
    mode: numbers[at + 1] ?? 0,
    uid: numbers[at + 2] ?? 0,
    gid: numbers[at + 3] ?? 0,
    size: numbers[at + 4] ?? 0,
    nlink: numbers[at + 5] ?? 0,
    ino: integers[at + 8] ?? 0n,
    dev: integers[at + 9] ?? 0n,
    rdevMajor: numbers[at + 6] ?? 0,
    rdevMinor: numbers[at + 7] ?? 0,
    mtimeNs: integers[at + 10] ?? 0n,
    ctimeNs: integers[at + 11] ?? 0n,
  };
  return type === "symlink" ? { ...stat, link } : stat;
}

/** The digests one behind the other, and the attributes of those files that have some, by position. */
export interface PackedFingerprints {
  readonly digests: Buffer;
  readonly xattrs: readonly (readonly [position: number, pairs: readonly (readonly [string, Buffer])[]])[];
}

const SHA256_BYTES = 32;

export function unpackFingerprints({ digests, xattrs }: PackedFingerprints): readonly FileFingerprint[] {
  const attributes = new Map(xattrs);
  return Array.from({ length: digests.length / SHA256_BYTES }, (_, i) => {
    const sha256 = digests.subarray(i * SHA256_BYTES, (i + 1) * SHA256_BYTES);
    const pairs = attributes.get(i);
    return pairs === undefined ? { sha256 } : { sha256, xattrs: new Map(pairs) };
  });
}
