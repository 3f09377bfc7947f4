import { closeSync } from "node:fs";
import { Socket } from "node:net";

/** A pipe whose write end goes to a process; what comes out is handed on as it comes. */
export class OutputPipe {
  readonly write: number;
  /** Resolves when the last holder of the write end has closed it. */
  readonly drained: Promise<void>;
  readonly #reader: Socket;
  #open = true;

  constructor([read, write]: readonly [number, number], output: (bytes: Uint8Array) => void) {
    this.write = write;
    this.#reader = new Socket({ fd: read, readable: true, writable: false });
    this.#reader.on("data", output);
    this.drained = new Promise((resolve) => {
      this.#reader.once("close", () => resolve());
      this.#reader.once("error", () => resolve());
    });
  }

  closeWrite(): void {
    if (this.#open) closeSync(this.write);
    this.#open = false;
  }

  close(): void {
    this.closeWrite();
    this.#reader.destroy();
  }
}
