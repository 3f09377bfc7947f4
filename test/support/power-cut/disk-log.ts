import { closeSync, fstatSync, openSync, readSync, writevSync } from "node:fs";

// What a disk was asked to do, in order: a head of sixteen bytes for each write and each flush, and the bytes after that of a write.

const HEAD = 16;
const [WRITE, FLUSH] = [1, 2];

export interface LoggedWrite {
  /** Where on the disk, in bytes. */
  readonly offset: number;
  readonly length: number;
  /** Where its bytes begin in the log. */
  readonly at: number;
}

export interface LogEntry {
  /** Absent for a flush. */
  readonly write?: LoggedWrite;
  /** Length of the log with it. */
  readonly end: number;
}

export function logWrite(log: number, offset: number, bytes: Buffer): void {
  writevSync(log, [head(WRITE, offset, bytes.length), bytes]);
}

export function logFlush(log: number): void {
  writevSync(log, [head(FLUSH, 0, 0)]);
}

function head(kind: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(HEAD);
  bytes.writeBigUInt64LE(BigInt(offset), 0);
  bytes.writeUInt32LE(length, 8);
  bytes.writeUInt32LE(kind, 12);
  return bytes;
}

export function readLog(path: string): readonly LogEntry[] {
  const log = openSync(path, "r");
  try {
    const { size } = fstatSync(log);
    const entries: LogEntry[] = [];
    const bytes = Buffer.alloc(HEAD);
    for (let position = 0; position < size; ) {
      readSync(log, bytes, 0, HEAD, position);
      const [offset, length] = [Number(bytes.readBigUInt64LE(0)), bytes.readUInt32LE(8)];
      const at = position + HEAD;
      position = at + length;
      const isWrite = bytes.readUInt32LE(12) === WRITE;
      entries.push({ end: position, ...(isWrite ? { write: { offset, length, at } } : {}) });
    }
    return entries;
  } finally {
    closeSync(log);
  }
}
