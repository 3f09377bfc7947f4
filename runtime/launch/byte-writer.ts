const FIRST_SIZE = 16 << 10;

/** Little-endian numbers and sized bytes, one behind the other in a buffer that grows. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafe(FIRST_SIZE);
  #length = 0;

  u8(value: number): void {
    this.#room(1);
    this.#length = this.#buffer.writeUInt8(value, this.#length);
  }

  u32(value: number): void {
    this.#room(4);
    this.#length = this.#buffer.writeUInt32LE(value, this.#length);
  }

  u64(value: bigint): void {
    this.#room(8);
    this.#length = this.#buffer.writeBigUInt64LE(value, this.#length);
  }

  /** Behind their number, a u32. */
  bytes(value: Uint8Array): void {
    this.u32(value.byteLength);
    this.#room(value.byteLength);
    this.#buffer.set(value, this.#length);
    this.#length += value.byteLength;
  }

  /** UTF-8 as bytes(). */
  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.u32(size);
    this.#room(size);
    this.#length += this.#buffer.write(value, this.#length);
  }

  /** What `write` writes, as bytes(). */
  sized(write: () => void): void {
    const start = this.#length;
    this.u32(0);
    write();
    this.#buffer.writeUInt32LE(this.#length - start - 4, start);
  }

  /** What was written. */
  end(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#buffer.byteLength) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.byteLength));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
