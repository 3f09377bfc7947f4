import type { Digest } from "../../../core/digest.ts";
import type { Abortable, ByteStream } from "../../../core/streams.ts";
import { bytesBody } from "../http/message.ts";
import type { Repository } from "../repository.ts";

/**
 * A registry brings what it got to its disk when a request ends. One on this machine does so while the next part is being made, but leaves all of a
 * single request for the end, when nothing else is left to do.
 */
const LOCAL_PART = 64 << 20;

/**
 * Sends a blob while it is being made: POST, PATCH without a length, and a PUT that names its digest once that is known. It is an attempt: whatever goes
 * wrong, the blob is complete in the store by then, and is pushed from there.
 */
export class EarlyUpload {
  readonly #repository: Repository;
  readonly #options: Abortable;
  readonly #given = new AbortController();
  #sending: Promise<URL | undefined> | undefined;

  constructor(repository: Repository, options: Abortable) {
    this.#repository = repository;
    this.#options = options;
  }

  /** `open` gives the bytes as they are made. */
  begin(open: () => ByteStream): void {
    this.#sending = this.#send(open).catch(() => undefined);
  }

  async #send(open: () => ByteStream): Promise<URL | undefined> {
    const { signal: caller } = this.#options;
    const signal = caller === undefined ? this.#given.signal : AbortSignal.any([caller, this.#given.signal]);
    const begun = await this.#repository.beginUpload(undefined, { signal });
    if (begun === "mounted") return undefined;
    let location = begun;
    const size = this.#repository.isLocal ? LOCAL_PART : Number.POSITIVE_INFINITY;
    for await (const part of partsOf(open(), size))
      location = await this.#repository.append(location, () => part, { signal });
    return location;
  }

  /** Ends the upload of what turned out to be `digest`. False when the blob has to be pushed: the attempt failed, or the registry has it already. */
  async finish(digest: Digest): Promise<boolean> {
    if (this.#sending === undefined) return false;
    try {
      if (await this.#repository.hasBlob(digest, this.#options)) return false;
      const location = await this.#sending;
      if (location === undefined) return false;
      await this.#repository.upload(location, { digest, body: bytesBody(Buffer.alloc(0)) }, this.#options);
      return true;
    } catch {
      this.#options.signal?.throwIfAborted();
      return false;
    } finally {
      await this.#giveUp();
    }
  }

  async #giveUp(): Promise<void> {
    this.#given.abort();
    await this.#sending;
  }

  /** For when there will be no blob. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#giveUp();
  }
}

/** The stream in parts of `size` bytes or a chunk more; each is read to its end before the next one. */
async function* partsOf(source: ByteStream, size: number): AsyncGenerator<ByteStream> {
  const chunks = source[Symbol.asyncIterator]();
  try {
    let next = await chunks.next();
    async function* part(): ByteStream {
      for (let sent = 0; next.done !== true && sent < size; next = await chunks.next()) {
        yield next.value;
        sent += next.value.byteLength;
      }
    }
    while (next.done !== true) yield part();
  } finally {
    await chunks.return?.();
  }
}
