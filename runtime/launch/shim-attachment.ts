import type { Frame } from "./frames.ts";
import type { ExitRecord } from "./shim.ts";
import { closed, ShimConnection } from "./shim-connection.ts";
import { type AttachOptions, FROM_SHIM, SHIM_FRAME_LIMIT, toShim } from "./shim-protocol.ts";

export interface ShimOutput {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
}

/** A live connection to a container's standard streams. Its output is to be consumed, by one reader. */
export interface ShimAttachment extends AsyncDisposable {
  /** Ends with the process's output, or when the shim drops a client that does not keep up. */
  readonly output: AsyncIterable<ShimOutput>;
  /** Resolves once the shim has taken it. Bytes for a process that takes no input are lost. */
  write(data: Uint8Array): Promise<void>;
  closeInput(): Promise<void>;
  /** Undefined when the connection ended before the process. */
  readonly exit: Promise<ExitRecord | undefined>;
}

const STREAMS: Readonly<Record<number, ShimOutput["stream"]>> = {
  [FROM_SHIM.stdout]: "stdout",
  [FROM_SHIM.stderr]: "stderr",
};

/** Pieces of output held for a reader before the shim is no longer read. */
const QUEUE_LIMIT = 64;

/** Attaches; rejects with SHIM_UNREACHABLE. */
export async function attachToShim(socket: string, options: AttachOptions): Promise<ShimAttachment> {
  const attachment = new Attachment();
  const connection = await ShimConnection.open(socket, attachment);
  await connection.send(toShim.attach(options));
  attachment.use(connection);
  if (!(await attachment.attached)) throw closed(socket);
  return attachment;
}

class Attachment implements ShimAttachment {
  readonly attached: Promise<boolean>;
  readonly exit: Promise<ExitRecord | undefined>;
  #settleAttached: (attached: boolean) => void = () => undefined;
  #settleExit: (exit: ExitRecord | undefined) => void = () => undefined;
  #connection: ShimConnection | undefined;
  readonly #queue: ShimOutput[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  constructor() {
    this.attached = new Promise((resolve) => {
      this.#settleAttached = resolve;
    });
    this.exit = new Promise((resolve) => {
      this.#settleExit = resolve;
    });
  }

  use(connection: ShimConnection): void {
    this.#connection = connection;
  }

  frame({ type, payload }: Frame): void {
    const stream = STREAMS[type];
    if (stream !== undefined) this.#push({ stream, data: payload });
    else if (type === FROM_SHIM.attached) this.#settleAttached(true);
    else if (type === FROM_SHIM.exit) this.#settleExit(JSON.parse(payload.toString()) as ExitRecord);
  }

  closed(): void {
    this.#settleAttached(false);
    this.#settleExit(undefined);
    this.#ended = true;
    this.#wake();
  }

  #push(output: ShimOutput): void {
    this.#queue.push(output);
    if (this.#queue.length >= QUEUE_LIMIT) this.#connection?.pause();
    this.#wake();
  }

  get output(): AsyncIterable<ShimOutput> {
    return this.#read();
  }

  async *#read(): AsyncGenerator<ShimOutput> {
    for (;;) {
      for (const output of this.#queue.splice(0)) yield output;
      this.#connection?.resume();
      if (this.#queue.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async write(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.byteLength; at += SHIM_FRAME_LIMIT)
      await this.#connection?.send(toShim.stdin(data.subarray(at, at + SHIM_FRAME_LIMIT)));
  }

  async closeInput(): Promise<void> {
    await this.#connection?.send(toShim.stdinEnd());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection?.close();
  }
}
