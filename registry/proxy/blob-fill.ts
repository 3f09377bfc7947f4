import { randomUUID } from "node:crypto";
import { algorithmOf, type Digest } from "../../core/digest.ts";
import type { ByteStream } from "../../core/streams.ts";
import type { UploadView } from "../storage/blob-storage.ts";
import type { RegistryStorage } from "../storage/registry-storage.ts";
import { upstreamFailure } from "./upstream-failure.ts";

export interface FillSource {
  /** The repository here that will have the blob. */
  readonly repository: string;
  readonly digest: Digest;
  /** In bytes; undefined when nobody knows. */
  readonly size: number | undefined;
  readonly body: ByteStream;
  /** The upstream's URL. */
  readonly upstream: string;
  /** What `body` was opened with. */
  readonly abort: AbortController;
}

/** Half open, in bytes. */
export interface FillRange {
  readonly start: number;
  readonly end?: number | undefined;
}

/** Bytes a reader gets at a time. */
const CHUNK = 256 << 10;
/** Of a blob whose size nobody knows. */
const SIZE_LIMIT = 64 * 2 ** 30;

/**
 * One blob on its way from an upstream into the storage. Any number of readers follow the file as it grows; the last byte of what a reader wants
 * is held back until the whole blob is verified and stored, so that nobody takes wrong bytes for the blob.
 */
export class BlobFill {
  readonly #storage: RegistryStorage;
  readonly #source: FillSource;
  readonly #upload: string;
  readonly #changed = new Set<() => void>();
  #view: UploadView | undefined;
  #written = 0;
  #readers = 0;
  #state: "filling" | "stored" | { readonly failure: unknown } = "filling";
  /** Resolves when it is over, however it ended. */
  readonly ended: Promise<void>;

  private constructor(storage: RegistryStorage, source: FillSource, view: UploadView, upload: string) {
    this.#storage = storage;
    this.#source = source;
    this.#upload = upload;
    this.#view = view;
    this.ended = this.#run();
  }

  static async begin(storage: RegistryStorage, source: FillSource): Promise<BlobFill> {
    const upload = randomUUID();
    await storage.blobs.begin(upload);
    return new BlobFill(storage, source, await storage.blobs.view(upload), upload);
  }

  get size(): number | undefined {
    return this.#source.size;
  }

  stop(reason: unknown): void {
    this.#source.abort.abort(reason);
  }

  async #run(): Promise<void> {
    try {
      await this.#store();
      this.#state = "stored";
    } catch (error) {
      this.#state = { failure: upstreamFailure(this.#source.upstream, error) };
      await this.#storage.blobs.abort(this.#upload).catch(() => undefined);
    }
    this.#tell();
    await this.#release();
  }

  async #store(): Promise<void> {
    const { digest, repository, size } = this.#source;
    const { blobs, metadata } = this.#storage;
    await blobs.append(this.#upload, this.#bounded(), {
      algorithm: algorithmOf(digest),
      signal: this.#source.abort.signal,
      ...(size === undefined ? {} : { length: size }),
      written: (length) => {
        this.#written = length;
        this.#tell();
      },
    });
    await using _hold = await metadata.hold([digest]);
    await metadata.linkBlob(repository, await blobs.commit(this.#upload, digest));
  }

  async *#bounded(): ByteStream {
    const { body, size = SIZE_LIMIT } = this.#source;
    let left = size;
    for await (const chunk of body) {
      left -= chunk.byteLength;
      yield chunk;
      // append() says what is wrong with too much.
      if (left < 0) return;
    }
  }

  /** Rejects with what went wrong, when it did before all was given out. */
  async *read({ start, end = Number.POSITIVE_INFINITY }: FillRange): AsyncGenerator<Uint8Array> {
    this.#readers += 1;
    try {
      let at = start;
      for (;;) {
        if (typeof this.#state === "object") throw this.#state.failure;
        const stored = this.#state === "stored";
        const ready = stored ? Math.min(end, this.#written) : Math.min(end, this.#written) - 1;
        if (stored && this.#view === undefined) {
          yield* await this.#storage.blobs.read(this.#source.digest, { start: at, end: ready });
          return;
        }
        if (at < ready) {
          const chunk = await this.#read(at, Math.min(ready - at, CHUNK));
          at += chunk.byteLength;
          yield chunk;
        } else if (stored) return;
        else await this.#change();
      }
    } finally {
      this.#readers -= 1;
      await this.#left();
    }
  }

  async #read(start: number, limit: number): Promise<Uint8Array> {
    const chunk = await this.#view?.read(start, limit);
    if (chunk === undefined || chunk.byteLength === 0) throw new Error("bytes that were written are gone");
    return chunk;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.add(resolve));
  }

  #tell(): void {
    const waiting = [...this.#changed];
    this.#changed.clear();
    for (const resolve of waiting) resolve();
  }

  /** What may never end goes on only while somebody wants it. */
  async #left(): Promise<void> {
    if (this.#readers > 0) return;
    if (this.#state === "filling" && this.#source.size === undefined)
      this.stop(new Error("nobody wants the blob any more"));
    if (this.#state !== "filling") await this.#release();
  }

  async #release(): Promise<void> {
    if (this.#readers > 0) return;
    const view = this.#view;
    this.#view = undefined;
    await view?.[Symbol.asyncDispose]();
  }
}
