import { openSync, readSync, writeSync, writevSync } from "node:fs";
import { logFlush, logWrite } from "./disk-log.ts";

// A program: answers the kernel for one file in user space, which a loop device has as its disk, and logs what is written and when it is flushed. FUSE is
// asked on the descriptor 3, and the mount's root is the file itself. Structures and numbers are those of linux/fuse.h; ends with the mount.

const [imagePath = "", logPath = "", size = "0"] = process.argv.slice(2);
const FUSE = 3;
const image = openSync(imagePath, "r+");
const log = openSync(logPath, "a");

const [IN_HEADER, OUT_HEADER] = [40, 16];
const MAX_WRITE = 1 << 20;
const [ENOSYS, EPERM] = [38, "EPERM"];
const DAY_S = 86_400n;

interface Request {
  readonly opcode: number;
  readonly unique: bigint;
  readonly body: Buffer;
}
/** The body of the answer, or a number of errno.h. */
type Handler = (body: Buffer) => Buffer | number;

function initialised(body: Buffer): Buffer {
  const [ASYNC_READ, BIG_WRITES, MAX_PAGES] = [1, 1 << 5, 1 << 22];
  const out = Buffer.alloc(64);
  out.writeUInt32LE(7, 0);
  out.writeUInt32LE(Math.min(31, body.readUInt32LE(4)), 4);
  out.writeUInt32LE(body.readUInt32LE(8), 8);
  // No write-back cache: what the loop device writes comes here at once.
  out.writeUInt32LE((ASYNC_READ | BIG_WRITES | MAX_PAGES) & body.readUInt32LE(12), 12);
  out.writeUInt16LE(16, 16);
  out.writeUInt16LE(12, 18);
  out.writeUInt32LE(MAX_WRITE, 20);
  out.writeUInt32LE(1, 24);
  out.writeUInt16LE(MAX_WRITE / 4096, 28);
  return out;
}

function attributes(): Buffer {
  const out = Buffer.alloc(104);
  out.writeBigUInt64LE(DAY_S, 0);
  out.writeBigUInt64LE(1n, 16);
  out.writeBigUInt64LE(BigInt(size), 24);
  out.writeBigUInt64LE(BigInt(size) / 512n, 32);
  out.writeUInt32LE(0o100600, 76);
  out.writeUInt32LE(1, 80);
  out.writeUInt32LE(4096, 96);
  return out;
}

function read(body: Buffer): Buffer {
  const out = Buffer.alloc(body.readUInt32LE(16));
  return out.subarray(0, readSync(image, out, 0, out.length, Number(body.readBigUInt64LE(8))));
}

function write(body: Buffer): Buffer {
  const [offset, length] = [Number(body.readBigUInt64LE(8)), body.readUInt32LE(16)];
  const bytes = body.subarray(40, 40 + length);
  writeSync(image, bytes, 0, length, offset);
  logWrite(log, offset, bytes);
  const out = Buffer.alloc(8);
  out.writeUInt32LE(length, 0);
  return out;
}

function flush(): Buffer {
  logFlush(log);
  return Buffer.alloc(0);
}

const nothing: Handler = () => Buffer.alloc(0);
/** By FUSE's numbers; what is not here the kernel goes without: FUSE_FALLOCATE, so that a discard and a write of zeros are no third kind of change. */
const HANDLERS: Readonly<Record<number, Handler>> = {
  3: attributes,
  // The times of the image.
  4: attributes,
  14: () => Buffer.alloc(16),
  15: read,
  16: write,
  18: nothing,
  20: flush,
  // Of a close(2).
  25: nothing,
  26: initialised,
};
/** FUSE_FORGET, FUSE_INTERRUPT, FUSE_BATCH_FORGET. */
const UNANSWERED: ReadonlySet<number> = new Set([2, 36, 42]);

function answer({ opcode, unique, body }: Request): void {
  if (UNANSWERED.has(opcode)) return;
  const answered = HANDLERS[opcode]?.(body) ?? ENOSYS;
  const [error, out] = typeof answered === "number" ? [answered, Buffer.alloc(0)] : [0, answered];
  const header = Buffer.alloc(OUT_HEADER);
  header.writeUInt32LE(OUT_HEADER + out.length, 0);
  header.writeInt32LE(-error, 4);
  header.writeBigUInt64LE(unique, 8);
  writevSync(FUSE, [header, out]);
}

const buffer = Buffer.alloc(MAX_WRITE + 4096);

/** Undefined when the mount has ended. */
function nextRequest(): Request | undefined {
  for (;;) {
    try {
      const length = readSync(FUSE, buffer, 0, buffer.length, null);
      const body = Buffer.from(buffer.subarray(IN_HEADER, length));
      return { opcode: buffer.readUInt32LE(4), unique: buffer.readBigUInt64LE(8), body };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== EPERM) return undefined;
      // It is not mounted yet.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

for (let request = nextRequest(); request !== undefined; request = nextRequest()) answer(request);
