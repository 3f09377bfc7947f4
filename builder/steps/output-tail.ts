const MAX_BYTES = 64 * 1024;

/** Keeps the last bytes of a step's output. */
export class OutputTail {
  #chunks: Uint8Array[] = [];
  #size = 0;

  push(bytes: Uint8Array): void {
    // The caller may use its buffer again.
    this.#chunks.push(Buffer.from(bytes));
    this.#size += bytes.byteLength;
    if (this.#size > 2 * MAX_BYTES) {
      const kept = Buffer.concat(this.#chunks).subarray(-MAX_BYTES);
      this.#chunks = [kept];
      this.#size = kept.byteLength;
    }
  }

  /** The last `count` lines; of a line that was rewritten with carriage returns, what a terminal would show last. */
  lines(count: number): readonly string[] {
    const text = Buffer.concat(this.#chunks).subarray(-MAX_BYTES).toString("utf8");
    const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
    return text === "" ? [] : lines.slice(-count).map((line) => line.slice(line.lastIndexOf("\r") + 1));
  }
}
