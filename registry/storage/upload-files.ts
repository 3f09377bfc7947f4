import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { algorithmOf, type Digest, type DigestAlgorithm, finishDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { undefinedIfMissing } from "../../core/if-there.ts";
import type { ByteStream } from "../../core/streams.ts";
import { GatheredWrites } from "../../store/content/gathered-writes.ts";
import type { BlobInfo } from "../../store/content-store.ts";
import type { AppendOptions, UploadView } from "./blob-storage.ts";

/** Bytes per read of a file. */
export const READ_SIZE = 1 << 20;
/** Hashes of so many unfinished uploads are kept; an older one is made again from its file. */
const HASHES = 1024;

/** The hash of the first `size` bytes of an upload. */
interface Running {
  readonly algorithm: DigestAlgorithm;
  readonly hash: Hash;
  size: number;
}

/** A request at work on an upload; `ended` resolves with its last write. */
interface Worker {
  readonly ended: Promise<unknown>;
  /** Aborted when its client is gone, so that it ends by itself. */
  readonly signal: AbortSignal | undefined;
}

/** Takes a complete upload over; the file is gone afterwards. */
export type Adopt = (path: string, blob: BlobInfo) => Promise<BlobInfo>;

/** Uploads as files of one folder, appended to. What a file holds is what was received: a restart loses only the running hash. */
export class UploadFiles {
  readonly #folder: string;
  readonly #running = new Map<string, Running>();
  /** Who works on which upload. */
  readonly #busy = new Map<string, Worker>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  #path(upload: string): string {
    if (!/^[0-9a-f-]{1,64}$/.test(upload)) throw new Failure("UPLOAD_UNKNOWN", { upload });
    return join(this.#folder, upload);
  }

  async begin(upload: string): Promise<void> {
    const file = await open(this.#path(upload), "wx", 0o600);
    await file.close();
  }

  async view(upload: string): Promise<UploadView> {
    const file = await this.#open(upload, "r");
    return {
      async read(start, limit) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(limit), 0, limit, start);
        return buffer.subarray(0, bytesRead);
      },
      [Symbol.asyncDispose]: () => file.close(),
    };
  }

  /** Whoever asks after a connection broke goes on from the answer, so what that one brought is written before. */
  async received(upload: string): Promise<number | undefined> {
    await this.#settled(upload);
    return this.#size(upload);
  }

  async #settled(upload: string): Promise<void> {
    for (let worker = this.#busy.get(upload); worker?.signal?.aborted; worker = this.#busy.get(upload))
      await worker.ended;
  }

  async #size(upload: string): Promise<number | undefined> {
    return (await stat(this.#path(upload)).catch(undefinedIfMissing))?.size;
  }

  append(upload: string, source: ByteStream, options: AppendOptions): Promise<number> {
    const work = async (): Promise<number> => {
      const file = await this.#open(upload, "a");
      try {
        return await this.#write({ upload, file, source }, options);
      } finally {
        await file.close();
      }
    };
    return this.#alone(upload, work, options.signal);
  }

  async #write(
    to: { readonly upload: string; readonly file: FileHandle; readonly source: ByteStream },
    options: AppendOptions,
  ): Promise<number> {
    const { upload, file, source } = to;
    const { size: before } = await file.stat();
    if (options.start !== undefined && options.start !== before)
      throw new Failure("UPLOAD_OUT_OF_ORDER", { upload, received: before, got: options.start });
    const running = this.#resume(upload, before, options.algorithm);
    const { written } = options;
    const eager = written === undefined ? undefined : (bytes: number) => written(before + bytes);
    const gathered = new GatheredWrites((chunks) => file.writev(chunks), eager);
    let size = before;
    const tooMuch = (): boolean => options.length !== undefined && size - before > options.length;
    try {
      for await (const chunk of source) {
        options.signal?.throwIfAborted();
        size += chunk.byteLength;
        if (tooMuch()) break;
        running?.hash.update(chunk);
        if (running !== undefined) running.size = size;
        await gathered.add(chunk);
      }
    } finally {
      await gathered.flush();
    }
    if (options.length === undefined || size - before === options.length) return size;
    await truncate(this.#path(upload), before);
    this.#running.delete(upload);
    throw new Failure("UPLOAD_INVALID", {
      why: `expected ${options.length} bytes, got ${tooMuch() ? "more" : size - before}`,
    });
  }

  /** The hash to go on with; undefined when the bytes before are not in it. */
  #resume(upload: string, size: number, algorithm: DigestAlgorithm): Running | undefined {
    const known = this.#running.get(upload);
    if (known?.size === size && known.algorithm === algorithm) return known;
    this.#running.delete(upload);
    if (size > 0) return undefined;
    const [oldest] = this.#running.keys();
    if (this.#running.size >= HASHES && oldest !== undefined) this.#running.delete(oldest);
    const fresh: Running = { algorithm, hash: createHash(algorithm), size: 0 };
    this.#running.set(upload, fresh);
    return fresh;
  }

  commit(upload: string, digest: Digest, adopt: Adopt): Promise<BlobInfo> {
    return this.#alone(upload, async () => {
      const size = await this.#size(upload);
      if (size === undefined) throw new Failure("UPLOAD_UNKNOWN", { upload });
      try {
        const got = await this.#digest(upload, size, algorithmOf(digest));
        if (got !== digest) throw new Failure("DIGEST_MISMATCH", { want: digest, got });
        return await adopt(this.#path(upload), { digest, size });
      } finally {
        await this.#remove(upload);
      }
    });
  }

  async #digest(upload: string, size: number, algorithm: DigestAlgorithm): Promise<Digest> {
    const known = this.#running.get(upload);
    if (known?.size === size && known.algorithm === algorithm) return finishDigest(known.hash, algorithm);
    return digestFile(this.#path(upload), algorithm);
  }

  abort(upload: string): Promise<void> {
    return this.#alone(upload, () => this.#remove(upload));
  }

  async #remove(upload: string): Promise<void> {
    this.#running.delete(upload);
    await rm(this.#path(upload), { force: true });
  }

  async *list(): AsyncGenerator<{ readonly upload: string; readonly touched: Date }> {
    for (const upload of await readdir(this.#folder)) {
      const info = await stat(join(this.#folder, upload)).catch(() => undefined);
      if (info !== undefined) yield { upload, touched: info.mtime };
    }
  }

  async #alone<T>(upload: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#settled(upload);
    if (this.#busy.has(upload)) throw new Failure("UPLOAD_BUSY", { upload });
    const working = work().finally(() => this.#busy.delete(upload));
    this.#busy.set(upload, { ended: working.catch(() => undefined), signal });
    return working;
  }

  async #open(upload: string, flags: string): Promise<FileHandle> {
    const path = this.#path(upload);
    // "a" would make the file again.
    if ((await this.#size(upload)) === undefined) throw new Failure("UPLOAD_UNKNOWN", { upload });
    return open(path, flags);
  }
}

export async function digestFile(path: string, algorithm: DigestAlgorithm): Promise<Digest> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: READ_SIZE }))
    hash.update(chunk as Buffer);
  return finishDigest(hash, algorithm);
}
