import type { Descriptor } from "../../../core/descriptor.ts";
import { isCode } from "../../../core/errors.ts";
import type { Abortable, ByteStream } from "../../../core/streams.ts";
import { isTransient } from "../http/retries.ts";
import type { Repository } from "../repository.ts";

export interface BlobPush {
  readonly blob: Pick<Descriptor, "digest" | "size">;
  /** Opened for every attempt. */
  readonly open: () => ByteStream | Promise<ByteStream>;
  /** Repositories of the same registry that are known to have the blob, the likeliest first. */
  readonly elsewhere?: readonly string[];
}

export type BlobPushed = "present" | "shared" | { readonly mountedFrom: string } | "sent";

const ATTEMPTS = 4;
/** A mount that is refused leaves an upload behind, so few are tried. */
const MOUNTS = 2;

/** Sees to it that the repository has a blob: it has it, shares our store, takes it from another repository, or is sent it. */
export async function pushBlob(
  repository: Repository,
  { blob, open, elsewhere = [] }: BlobPush,
  options: Abortable = {},
): Promise<BlobPushed> {
  if (repository.shares(blob.digest)) return "shared";
  let location: URL | undefined;
  if (await repository.hasBlob(blob.digest, options)) return "present";
  for (const from of elsewhere.slice(0, MOUNTS)) {
    const answer = await repository.beginUpload({ digest: blob.digest, from }, options);
    if (answer === "mounted") return { mountedFrom: from };
    location = answer;
  }
  for (let attempt = 1; ; attempt += 1) {
    const begun = location ?? (await repository.beginUpload(undefined, options));
    try {
      if (begun !== "mounted")
        await repository.upload(begun, { digest: blob.digest, body: { size: blob.size, open } }, options);
      return "sent";
    } catch (error) {
      options.signal?.throwIfAborted();
      if (attempt === ATTEMPTS || !canRestart(error)) throw error;
      location = undefined;
    }
  }
}

/** A lost connection, a failing registry, or one that has forgotten the upload: it is begun anew. */
const canRestart = (error: unknown): boolean =>
  isTransient(error) ||
  (isCode(error, "REGISTRY_REFUSED") && (error.detail.status >= 500 || error.detail.status === 404));
