import { LazyList } from "../core/lazy-list.ts";
import type { FileStat, FileType, ScanEntry } from "./kernel.ts";

/**
 * Rows of stats as the addon hands them over and takes them (native/src/stats.h): twelve 64-bit fields a row, and "path\0link\0" a row.
 * One buffer and one string cross the boundary instead of a dozen values a file.
 */
export interface PackedRows {
  readonly fields: ArrayBuffer;
  readonly text: string;
}

const FIELDS = 12;
const FIELD = {
  type: 0,
  mode: 1,
  uid: 2,
  gid: 3,
  nlink: 4,
  rdevMajor: 5,
  rdevMinor: 6,
  size: 7,
  ino: 8,
  dev: 9,
  mtimeNs: 10,
  ctimeNs: 11,
} as const;
// The order of TypeIndex in native/src/stats.cc.
const FILE_TYPES: readonly FileType[] = ["file", "dir", "symlink", "char", "block", "fifo", "socket"];

const WORDS = 2;
/** How many 32-bit words copyIdentity() writes: size, inode, device, mtime, ctime. */
export const IDENTITY_WORDS = (FIELDS - FIELD.size) * WORDS;

/** Paths with their stats. What concerns all of them at once is done on the table they are kept in, without an object for each. */
export class FileTable extends LazyList<ScanEntry> {
  readonly #rows: Rows;

  constructor(packed: PackedRows) {
    const rows = new Rows(packed);
    super(rows.count, (row) => rows.entry(row));
    this.#rows = rows;
  }

  static of(entries: readonly ScanEntry[]): FileTable {
    const fields = new ArrayBuffer(entries.length * FIELDS * Float64Array.BYTES_PER_ELEMENT);
    const numbers = new Float64Array(fields);
    const integers = new BigInt64Array(fields);
    for (const [row, { stat }] of entries.entries()) {
      const { mode, uid, gid, size, nlink, rdevMajor, rdevMinor, ino, dev, mtimeNs, ctimeNs } = stat;
      const type = FILE_TYPES.indexOf(stat.type);
      numbers.set([type, mode, uid, gid, nlink, rdevMajor, rdevMinor, size], row * FIELDS);
      integers.set([ino, dev, mtimeNs, ctimeNs], row * FIELDS + FIELD.ino);
    }
    const texts = entries.map(({ path, stat }) => `${path}\0${stat.link ?? ""}\0`);
    return new FileTable({ fields, text: texts.join("") });
  }

  /** All rows, one table behind the other. */
  static concat(tables: readonly FileTable[]): FileTable {
    const [first] = tables;
    if (first !== undefined && tables.length === 1) return first;
    const { buffer } = new Uint8Array(Buffer.concat(tables.map(({ bytes }) => bytes)));
    return new FileTable({ fields: buffer, text: tables.map(({ text }) => text).join("") });
  }

  override pick(indexes: readonly number[]): FileTable {
    const { numbers } = this.#rows;
    const picked = new Float64Array(indexes.length * FIELDS);
    // By bytes, as some of the fields are no floating-point numbers.
    const from = new BigInt64Array(numbers.buffer);
    const to = new BigInt64Array(picked.buffer);
    for (const [row, index] of indexes.entries())
      to.set(from.subarray(index * FIELDS, (index + 1) * FIELDS), row * FIELDS);
    const texts = indexes.map((index) => `${this.path(index)}\0${this.#rows.link(index)}\0`);
    return new FileTable({ fields: picked.buffer, text: texts.join("") });
  }

  get packed(): PackedRows {
    return { fields: this.#rows.numbers.buffer, text: this.text };
  }

  /** All that there is of the stats: equal when they are. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#rows.numbers.buffer);
  }

  /** "path\0link\0" for each row. */
  get text(): string {
    return this.#rows.text;
  }

  path(row: number): string {
    return this.#rows.path(row);
  }

  stat(row: number): FileStat {
    return this.#rows.stat(row);
  }

  ctimeNs(row: number): bigint {
    return this.#rows.integers[row * FIELDS + FIELD.ctimeNs] ?? 0n;
  }

  /** What is another one when a file is another one or has changed: size, inode, device, mtime and ctime. `to` is written from `at` on. */
  copyIdentity(row: number, to: Uint32Array, at: number): void {
    const { words } = this.#rows;
    const start = (row * FIELDS + FIELD.size) * WORDS;
    for (let i = 0; i < IDENTITY_WORDS; i++) to[at + i] = words[start + i] ?? 0;
  }

  /** Whether copyIdentity() wrote what is in `from`. */
  hasIdentity(row: number, from: Uint32Array, at: number): boolean {
    const { words } = this.#rows;
    const start = (row * FIELDS + FIELD.size) * WORDS;
    for (let i = 0; i < IDENTITY_WORDS; i++) if (from[at + i] !== words[start + i]) return false;
    return true;
  }
}

/** Reads numbers when they are asked for: there may be a hundred thousand files, and of most little is ever asked. */
class Rows {
  readonly count: number;
  readonly text: string;
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly integers: BigInt64Array;
  readonly words: Uint32Array;
  #strings: readonly string[] | undefined;

  constructor({ fields, text }: PackedRows) {
    this.text = text;
    this.numbers = new Float64Array(fields);
    this.integers = new BigInt64Array(fields);
    this.words = new Uint32Array(fields);
    this.count = this.numbers.length / FIELDS;
  }

  path(row: number): string {
    this.#strings ??= this.text.split("\0");
    return this.#strings[2 * row] ?? "";
  }

  link(row: number): string {
    this.#strings ??= this.text.split("\0");
    return this.#strings[2 * row + 1] ?? "";
  }

  /** Undefined for a row of something that is not there. */
  find(row: number): FileStat | undefined {
    const type = FILE_TYPES[this.numbers[row * FIELDS + FIELD.type] ?? -1];
    if (type === undefined) return undefined;
    return type === "symlink" ? new LinkRow(this, row, this.link(row)) : new StatRow(this, row);
  }

  stat(row: number): FileStat {
    const stat = this.find(row);
    if (stat === undefined) throw new Error("a scanned entry without a type");
    return stat;
  }

  entry(row: number): ScanEntry {
    return { path: this.path(row), stat: this.stat(row) };
  }
}

/** Stats of what may not be there. */
export function unpackStats(packed: PackedRows): LazyList<FileStat | undefined> {
  const rows = new Rows(packed);
  return new LazyList(rows.count, (row) => rows.find(row));
}

class StatRow implements FileStat {
  readonly #rows: Rows;
  readonly #at: number;

  constructor(rows: Rows, row: number) {
    this.#rows = rows;
    this.#at = row * FIELDS;
  }

  get type(): FileType {
    return FILE_TYPES[this.#number(FIELD.type)] ?? "file";
  }
  get mode(): number {
    return this.#number(FIELD.mode);
  }
  get uid(): number {
    return this.#number(FIELD.uid);
  }
  get gid(): number {
    return this.#number(FIELD.gid);
  }
  get size(): number {
    return this.#number(FIELD.size);
  }
  get nlink(): number {
    return this.#number(FIELD.nlink);
  }
  get rdevMajor(): number {
    return this.#number(FIELD.rdevMajor);
  }
  get rdevMinor(): number {
    return this.#number(FIELD.rdevMinor);
  }
  get ino(): bigint {
    return this.#integer(FIELD.ino);
  }
  get dev(): bigint {
    return this.#integer(FIELD.dev);
  }
  get mtimeNs(): bigint {
    return this.#integer(FIELD.mtimeNs);
  }
  get ctimeNs(): bigint {
    return this.#integer(FIELD.ctimeNs);
  }

  #number(field: number): number {
    return this.#rows.numbers[this.#at + field] ?? 0;
  }

  #integer(field: number): bigint {
    return this.#rows.integers[this.#at + field] ?? 0n;
  }
}

class LinkRow extends StatRow {
  readonly link: string;

  constructor(rows: Rows, row: number, link: string) {
    super(rows, row);
    this.link = link;
  }
}
