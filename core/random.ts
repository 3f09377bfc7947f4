import { closeSync, openSync, readSync } from "node:fs";

/** Unpredictable bytes, from where Node's cryptography takes them, too, which takes longer to load than a short command may last: random(4). */
export function randomBytes(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  const fd = openSync("/dev/urandom", "r");
  try {
    for (let read = 0; read < size; ) read += readSync(fd, bytes, read, size - read, null);
    return bytes;
  } finally {
    closeSync(fd);
  }
}

/** A whole number below `limit`, which is far below 2^32: the small ones are hardly likelier. */
export const randomBelow = (limit: number): number => randomBytes(4).readUInt32LE() % limit;
