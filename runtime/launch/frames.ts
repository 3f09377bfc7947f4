/** Frames on the launcher's and the shim's sockets: u8 type, u32 length (little endian), payload. */
export interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

const HEAD = 5;

export function encodeFrame(type: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt8(type);
  head.writeUInt32LE(payload.byteLength, 1);
  return Buffer.concat([head, payload]);
}

/** Cuts what arrives into frames. Throws a RangeError on a frame of more than `limit` bytes. */
export class FrameReader {
  readonly #limit: number;
  #held: Buffer[] = [];
  #size = 0;
  /** Bytes needed before there is something to do. */
  #wanted = HEAD;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): readonly Frame[] {
    this.#held.push(chunk);
    this.#size += chunk.byteLength;
    const frames: Frame[] = [];
    if (this.#size < this.#wanted) return frames;
    let rest = this.#held.length === 1 ? chunk : Buffer.concat(this.#held);
    for (;;) {
      this.#wanted = rest.byteLength < HEAD ? HEAD : HEAD + this.#length(rest);
      if (rest.byteLength < this.#wanted) break;
      frames.push({ type: rest.readUInt8(), payload: rest.subarray(HEAD, this.#wanted) });
      rest = rest.subarray(this.#wanted);
    }
    this.#held = [rest];
    this.#size = rest.byteLength;
    return frames;
  }

  #length(head: Buffer): number {
    const length = head.readUInt32LE(1);
    if (length > this.#limit)
      throw new RangeError(`a frame of ${length} bytes, expected at most ${this.#limit}`);
    return length;
  }
}
