import type { FileHandle } from "node:fs/promises";

const BLOCK = 64 * 1024;
const NEWLINE = 10;
/** Longer lines are no log entries: the writer splits at 16 KiB. */
const LINE_LIMIT = 1 << 20;

/** The offset at which the last `count` lines of the first `size` bytes begin, and how many there are; read from the end. */
export async function findTail(
  file: FileHandle,
  size: number,
  count: number,
): Promise<{ readonly offset: number; readonly lines: number }> {
  if (count <= 0 || size === 0) return { offset: size, lines: 0 };
  const block = Buffer.alloc(BLOCK);
  let lines = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at--) {
      // The newline that ends the last line begins none.
      if (block[at] !== NEWLINE || start + at === size - 1) continue;
      if (++lines === count) return { offset: start + at + 1, lines };
    }
    end = start;
  }
  return { offset: 0, lines: lines + 1 };
}

/** Reads the whole lines of a growing file from an offset on; what has no newline yet is left for the next call. */
export class LineCursor {
  readonly #file: FileHandle;
  #offset: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: FileHandle, offset: number) {
    this.#file = file;
    this.#offset = offset;
  }

  /** The lines up to the present end of the file, in batches, without their newlines. */
  async *read(): AsyncGenerator<readonly Buffer[]> {
    for (;;) {
      const block = Buffer.alloc(BLOCK);
      const { bytesRead } = await this.#file.read(block, 0, BLOCK, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      yield this.#split(Buffer.concat([this.#rest, block.subarray(0, bytesRead)]));
    }
  }

  #split(bytes: Buffer): readonly Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, start)) {
      lines.push(bytes.subarray(start, at));
      start = at + 1;
    }
    const rest = bytes.subarray(start);
    this.#rest = rest.length > LINE_LIMIT ? Buffer.alloc(0) : Buffer.from(rest);
    return lines;
  }
}
