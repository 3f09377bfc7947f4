import { createCipheriv, createHash } from "node:crypto";

/** Numbers and bytes that are the same for the same seed. */
export class Random {
  readonly #seed: string;
  #state: number;
  #made = 0;

  constructor(seed: string) {
    this.#seed = seed;
    this.#state = createHash("sha256").update(seed).digest().readUInt32LE(0);
  }

  /** In [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** In [from, to). */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from));
  }

  pick<T>(values: readonly T[]): T | undefined {
    return values[this.int(0, values.length)];
  }

  /** Incompressible, and different at each call. */
  bytes(size: number): Buffer {
    this.#made += 1;
    const key = createHash("sha256").update(`${this.#seed} ${this.#made}`).digest().subarray(0, 16);
    return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(size));
  }
}
