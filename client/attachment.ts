import type { Duplex } from "node:stream";
import type { Attachment, TerminalSize } from "../engine/api.ts";
import { demultiplex, type Output, terminalOutput } from "./http/frames.ts";
import type { Transport } from "./http/transport.ts";

export interface AttachmentOptions {
  /** Whether the process has a terminal: then its output is one stream. */
  readonly tty: boolean;
  readonly resize: (size: TerminalSize) => Promise<void>;
}

/** A hijacked connection to a process. */
export class RemoteAttachment implements Attachment {
  readonly output: AsyncIterable<Output>;
  readonly #socket: Duplex;
  readonly #resize: AttachmentOptions["resize"];

  constructor(transport: Transport, socket: Duplex, { tty, resize }: AttachmentOptions) {
    this.#socket = socket;
    this.#resize = resize;
    const bytes = transport.bytes(socket);
    this.output = tty ? terminalOutput(bytes) : demultiplex(bytes);
  }

  write(data: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  closeInput(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  resize(columns: number, rows: number): Promise<void> {
    return this.#resize({ columns, rows });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }
}
