import type { Digest } from "../../core/digest.ts";
import type { ByteStream } from "../../core/streams.ts";
import type { BlobInfo } from "../../store/content-store.ts";
import type { AppendOptions, BlobStorage, UploadView } from "./blob-storage.ts";
import { UploadFiles } from "./upload-files.ts";

type Uploads = Pick<BlobStorage, "begin" | "view" | "received" | "append" | "commit" | "abort" | "uploads">;

/** The uploads of a storage whose blobs are files: each grows in a file of a folder, which the storage takes over when it is whole. */
export abstract class StagedUploads implements Uploads {
  readonly #files: UploadFiles;

  constructor(folder: string) {
    this.#files = new UploadFiles(folder);
  }

  /** Makes the file at `path`, whose bytes are the blob's, the blob. */
  protected abstract adopt(path: string, blob: BlobInfo): Promise<BlobInfo>;

  begin(upload: string): Promise<void> {
    return this.#files.begin(upload);
  }
  view(upload: string): Promise<UploadView> {
    return this.#files.view(upload);
  }
  received(upload: string): Promise<number | undefined> {
    return this.#files.received(upload);
  }
  append(upload: string, source: ByteStream, options: AppendOptions): Promise<number> {
    return this.#files.append(upload, source, options);
  }
  commit(upload: string, digest: Digest): Promise<BlobInfo> {
    return this.#files.commit(upload, digest, (path, blob) => this.adopt(path, blob));
  }
  abort(upload: string): Promise<void> {
    return this.#files.abort(upload);
  }
  uploads() {
    return this.#files.list();
  }
}
