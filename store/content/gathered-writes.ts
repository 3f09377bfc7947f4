/** Writes some of the chunks: writev(2). */
export type WriteSome = (chunks: Uint8Array[]) => Promise<{ readonly bytesWritten: number }>;

/** Small chunks of a socket are gathered to so many bytes for one write. */
const BATCH = 1 << 20;

/** Chunks on their way to a file: one batch is written while the next one comes in. The file stays open until flush() has settled. */
export class GatheredWrites {
  readonly #some: WriteSome;
  readonly #written: ((bytes: number) => void) | undefined;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #total = 0;
  #busy = false;
  #writing: Promise<void> = Promise.resolve();

  /** With `written`, which gets the count of all bytes in the file, nothing waits for a batch to be full. */
  constructor(some: WriteSome, written?: (bytes: number) => void) {
    this.#some = some;
    this.#written = written;
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk);
    this.#size += chunk.byteLength;
    if (this.#size >= BATCH) await this.#next();
    else if (this.#written !== undefined && !this.#busy) void this.#next();
  }

  /** Resolves with the batch before, so that at most two are in memory. */
  #next(): Promise<void> {
    const chunks = this.#chunks;
    const before = this.#writing;
    this.#chunks = [];
    this.#size = 0;
    this.#busy = true;
    this.#writing = before.then(() => this.#write(chunks));
    // Its failure is met by the next await; until then nobody may call it unhandled.
    this.#writing.catch(() => undefined);
    return before;
  }

  async #write(chunks: Uint8Array[]): Promise<void> {
    let rest = chunks;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#some(rest);
      this.#total += bytesWritten;
      rest = without(rest, bytesWritten);
    }
    this.#busy = false;
    this.#written?.(this.#total);
    if (this.#written !== undefined && this.#size > 0) void this.#next();
  }

  async flush(): Promise<void> {
    if (this.#size > 0) void this.#next();
    // A batch may have begun another one.
    for (let last: Promise<void> | undefined; last !== this.#writing; ) {
      last = this.#writing;
      await last;
    }
  }
}

/** What of `chunks` is left after their first `count` bytes. */
function without(chunks: Uint8Array[], count: number): Uint8Array[] {
  let skip = count;
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    const part = Math.min(skip, chunk.byteLength);
    skip -= part;
    if (part < chunk.byteLength) rest.push(chunk.subarray(part));
  }
  return rest;
}
