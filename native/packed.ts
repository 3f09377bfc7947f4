import { LazyList } from "../core/lazy-list.ts";
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

export function unpackStats(packed: PackedRows): LazyList<FileStat | undefined> {
  return unpackRows(packed, (_path, stat) => stat);
}

export function unpackEntries(packed: PackedRows): LazyList<ScanEntry> {
  return unpackRows(packed, (path, stat) => {
    if (stat === undefined) throw new Error("a scanned entry without a type");
    return { path, stat };
  });
}

function unpackRows<T>(
  { fields, text }: PackedRows,
  make: (path: string, stat: FileStat | undefined) => T,
): LazyList<T> {
  const numbers = new Float64Array(fields);
  const integers = new BigInt64Array(fields);
  const strings = text.split("\0");
  return new LazyList(numbers.length / FIELDS, (row) =>
    make(strings[2 * row] ?? "", statAt(numbers, integers, row * FIELDS, strings[2 * row + 1] ?? "")),
  );
}

function statAt(
  numbers: Float64Array,
  integers: BigInt64Array,
  at: number,
  link: string,
): FileStat | undefined {
  const type = FILE_TYPES[numbers[at] ?? -1];
  if (type === undefined) return undefined;
  return type === "symlink" ? new LinkRow(numbers, integers, at, link) : new StatRow(numbers, integers, at);
}

/** Reads a number when it is asked for: there may be a hundred thousand files, and of most little is ever asked. */
class StatRow implements FileStat {
  readonly #numbers: Float64Array;
  readonly #integers: BigInt64Array;
  readonly #at: number;

  constructor(numbers: Float64Array, integers: BigInt64Array, at: number) {
    this.#numbers = numbers;
    this.#integers = integers;
    this.#at = at;
  }

  get type(): FileType {
    return FILE_TYPES[this.#number(0)] ?? "file";
  }
  get mode(): number {
    return this.#number(1);
  }
  get uid(): number {
    return this.#number(2);
  }
  get gid(): number {
    return this.#number(3);
  }
  get size(): number {
    return this.#number(4);
  }
  get nlink(): number {
    return this.#number(5);
  }
  get rdevMajor(): number {
    return this.#number(6);
  }
  get rdevMinor(): number {
    return this.#number(7);
  }
  get ino(): bigint {
    return this.#integer(8);
  }
  get dev(): bigint {
    return this.#integer(9);
  }
  get mtimeNs(): bigint {
    return this.#integer(10);
  }
  get ctimeNs(): bigint {
    return this.#integer(11);
  }

  #number(field: number): number {
    return this.#numbers[this.#at + field] ?? 0;
  }

  #integer(field: number): bigint {
    return this.#integers[this.#at + field] ?? 0n;
  }
}

class LinkRow extends StatRow {
  readonly link: string;

  constructor(numbers: Float64Array, integers: BigInt64Array, at: number, link: string) {
    super(numbers, integers, at);
    this.link = link;
  }
}

/** The digests one behind the other, and the attributes of those files that have some, by position. */
export interface PackedFingerprints {
  readonly digests: Buffer;
  readonly xattrs: readonly (readonly [position: number, pairs: readonly (readonly [string, Buffer])[]])[];
}

const SHA256_BYTES = 32;

export function unpackFingerprints({ digests, xattrs }: PackedFingerprints): LazyList<FileFingerprint> {
  const attributes = new Map(xattrs);
  return new LazyList(digests.length / SHA256_BYTES, (i) => {
    const content = digests.toString("base64", i * SHA256_BYTES, (i + 1) * SHA256_BYTES);
    const pairs = attributes.get(i);
    return pairs === undefined ? { content } : { content, xattrs: new Map(pairs) };
  });
}
