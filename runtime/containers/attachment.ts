import { deferred } from "../../core/deferred.ts";
import { isCode } from "../../core/errors.ts";
import { connectShim } from "../launch/shim.ts";
import { attachToShim, type ShimAttachment, type ShimOutput } from "../launch/shim-attachment.ts";
import type { LogEntry } from "../logs/log-reader.ts";
import type { TerminalSize } from "../terminal-size.ts";

/** A live connection to a process's standard streams. Output ends when the process's output does. */
export interface Attachment extends AsyncDisposable {
  readonly output: AsyncIterable<ShimOutput>;
  write(data: Uint8Array): Promise<void>;
  closeInput(): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
}

/**
 * An attachment to a process that may not have started yet: it begins when connect() is called with the socket of its shim, before the
 * process runs, so that nothing is missed.
 */
export class LaterAttachment implements Attachment {
  readonly #stdin: boolean;
  readonly #connected = deferred<ShimAttachment | undefined>();
  #socket: string | undefined;
  #disposed = false;
  /** What the terminal shall be when the process starts. */
  size: TerminalSize | undefined;

  constructor(options: { readonly stdin: boolean }) {
    this.#stdin = options.stdin;
    this.#connected.promise.catch(() => undefined);
  }

  async connect(socket: string, options: { readonly lossless: boolean }): Promise<void> {
    if (this.#disposed) return;
    this.#socket = socket;
    const { lossless } = options;
    this.#connected.resolve(
      await attachToShim(socket, { stdin: this.#stdin, stdout: true, stderr: true, lossless }),
    );
  }

  /** The process never started: the output is empty. */
  cancel(): void {
    this.#connected.resolve(undefined);
  }

  get output(): AsyncIterable<ShimOutput> {
    return this.#read();
  }

  async *#read(): AsyncGenerator<ShimOutput> {
    const shim = await this.#connected.promise;
    if (shim !== undefined) yield* shim.output;
  }

  async write(data: Uint8Array): Promise<void> {
    await (await this.#connected.promise)?.write(data);
  }

  async closeInput(): Promise<void> {
    await (await this.#connected.promise)?.closeInput();
  }

  /** A process that has ended has no terminal: nothing to do. */
  async resize(columns: number, rows: number): Promise<void> {
    this.size = { columns, rows };
    if (this.#socket === undefined) return;
    try {
      await using client = await connectShim(this.#socket);
      await client.resize(columns, rows);
    } catch (error) {
      if (!isCode(error, "SHIM_UNREACHABLE")) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#connected.resolve(undefined);
    await (await this.#connected.promise)?.[Symbol.asyncDispose]();
  }
}

/** What was logged, then what is said from now on. */
export function withLogs(attachment: LaterAttachment, logs: AsyncIterable<LogEntry>): Attachment {
  async function* output() {
    for await (const { stream, line } of logs) yield { stream, data: line };
    yield* attachment.output;
  }
  return {
    get output() {
      return output();
    },
    write: (data) => attachment.write(data),
    closeInput: () => attachment.closeInput(),
    resize: (columns, rows) => attachment.resize(columns, rows),
    [Symbol.asyncDispose]: () => attachment[Symbol.asyncDispose](),
  };
}
