import { rmSync } from "node:fs";
import { connectShim, readExitRecord } from "../launch/shim.ts";
import { LaterAttachment } from "./attachment.ts";

/** An attachment to a process with a shim of its own. */
export class ProcessSession extends LaterAttachment {
  readonly id: string;
  readonly pid?: number;
  readonly #files: { readonly socket: string; readonly exit: string };
  readonly #noteEnd: (code: number) => void;
  #status: Promise<number> | undefined;

  constructor(
    id: string,
    files: { readonly socket: string; readonly exit: string },
    options: { readonly stdin: boolean; readonly pid?: number; readonly ended: (code: number) => void },
  ) {
    super(options);
    this.#noteEnd = options.ended;
    this.id = id;
    if (options.pid !== undefined) this.pid = options.pid;
    this.#files = files;
  }

  /** The shell status of the process, once it has ended. */
  wait(): Promise<number> {
    this.#status ??= this.#ended();
    return this.#status;
  }

  async #ended(): Promise<number> {
    const { socket, exit } = this.#files;
    const record = await connectShim(socket)
      .then(async (client) => {
        await using _client = client;
        return await client.wait();
      })
      .catch(() => readExitRecord(exit));
    rmSync(exit, { force: true });
    // Without a record its shim was killed, and the process with it.
    const code = record?.code ?? 137;
    this.#noteEnd(code);
    return code;
  }
}
