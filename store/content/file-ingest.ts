import { closeSync, fstatSync, openSync, rmSync } from "node:fs";
import { Failure } from "../../core/errors.ts";
import type { BlobInfo, Ingest, Sync } from "../content-store.ts";

/** Moves the finished temporary file at `path` into the store, or drops it when the store has the blob. */
export type Publish = (path: string, fd: number, blob: BlobInfo, sync: Sync) => Promise<void>;

export class FileIngest implements Ingest {
  readonly path: string;
  readonly #publish: Publish;
  #fd: number | undefined;

  constructor(path: string, publish: Publish) {
    this.path = path;
    this.#publish = publish;
    this.#fd = openSync(path, "wx+", 0o600);
  }

  get fd(): number {
    if (this.#fd === undefined) throw new TypeError("the ingest is closed");
    return this.#fd;
  }

  async commit(blob: BlobInfo, options: { readonly sync?: Sync } = {}): Promise<BlobInfo> {
    try {
      const { size } = fstatSync(this.fd);
      if (size !== blob.size)
        throw new Failure("SIZE_MISMATCH", { digest: blob.digest, want: blob.size, got: size });
      await this.#publish(this.path, this.fd, blob, options.sync ?? true);
      return { digest: blob.digest, size };
    } finally {
      this.#close();
    }
  }

  #close(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    rmSync(this.path, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }
}
