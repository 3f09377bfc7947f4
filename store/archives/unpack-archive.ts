import { posix } from "node:path";
import { Readable } from "node:stream";
import { extract } from "tar-stream";
import type { Digest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";
import { receive } from "../arriving.ts";
import type { ContentStore } from "../content-store.ts";

/** Names beyond it would be an attack on memory: an image has a few files a layer. */
const FILE_LIMIT = 100_000;
/** How many links one name may lead through. */
const LINK_LIMIT = 16;

/** What an image archive holds: every file is a blob of the store, not synced, under the lease of the caller. */
export class ArchiveFiles {
  readonly #digests: ReadonlyMap<string, Digest>;
  readonly #links: ReadonlyMap<string, string>;

  constructor(digests: ReadonlyMap<string, Digest>, links: ReadonlyMap<string, string>) {
    this.#digests = digests;
    this.#links = links;
  }

  /** The blob of the file `path`, links inside the archive followed. */
  find(path: string): Digest | undefined {
    let at = posix.normalize(path);
    for (let i = 0; i <= LINK_LIMIT; i += 1) {
      const digest = this.#digests.get(at);
      if (digest !== undefined) return digest;
      const link = this.#links.get(at);
      if (link === undefined) return undefined;
      at = link;
    }
    return undefined;
  }

  /** find(), throwing ARCHIVE_INVALID. */
  get(path: string): Digest {
    const digest = this.find(path);
    if (digest === undefined)
      throw new Failure("ARCHIVE_INVALID", { why: `file ${JSON.stringify(path)} is missing` });
    return digest;
  }
}

/**
 * Takes every file of a plain tar into the content store as it comes, whatever the order. Names are only looked up, never written to; one that
 * leaves the archive is refused. A file below blobs/sha256/ must have the digest in its name. Rejects with ARCHIVE_INVALID, DIGEST_MISMATCH.
 */
export async function unpackImageArchive(
  source: ByteStream,
  content: ContentStore,
  signal?: AbortSignal,
): Promise<ArchiveFiles> {
  const digests = new Map<string, Digest>();
  const links = new Map<string, string>();
  const tar = extract();
  const input = Readable.from(source, { objectMode: false });
  input.on("error", (error) => tar.destroy(error));
  input.pipe(tar);
  try {
    for await (const entry of tar) {
      signal?.throwIfAborted();
      const { name, type, linkname } = entry.header;
      const path = cleanPath(name);
      if (digests.size + links.size >= FILE_LIMIT)
        throw new Failure("ARCHIVE_INVALID", { why: `more than ${FILE_LIMIT} files` });
      if (type === "file" || type === "contiguous-file")
        digests.set(path, await store(entry as AsyncIterable<Uint8Array>, path, content));
      else if (type === "symlink")
        links.set(path, cleanPath(posix.join(posix.dirname(path), linkname ?? "")));
      else if (type === "link") links.set(path, cleanPath(linkname ?? ""));
      entry.resume();
    }
  } catch (error) {
    throw asArchiveFailure(error);
  } finally {
    input.destroy();
    tar.destroy();
  }
  return new ArchiveFiles(digests, links);
}

function cleanPath(name: string): string {
  const path = posix.normalize(name).replace(/\/+$/, "");
  if (path.startsWith("/") || path === ".." || path.startsWith("../"))
    throw new Failure("ARCHIVE_INVALID", { why: `name ${JSON.stringify(name)} leaves the archive` });
  return path;
}

const BLOB = /^blobs\/sha256\/([a-f0-9]{64})$/;

async function store(entry: ByteStream, path: string, content: ContentStore): Promise<Digest> {
  await using ingest = await content.ingest();
  const { digest, size } = await receive(entry, ingest.fd);
  const [, named] = BLOB.exec(path) ?? [];
  if (named !== undefined && digest !== `sha256:${named}`)
    throw new Failure("DIGEST_MISMATCH", { want: `sha256:${named}`, got: digest });
  await ingest.commit({ digest, size }, { sync: false });
  return digest;
}

/** tar-stream reports damage as plain errors. */
function asArchiveFailure(error: unknown): unknown {
  const isOurs =
    error instanceof Failure || (error as Error).name === "AbortError" || "code" in (error as object);
  return isOurs ? error : new Failure("ARCHIVE_INVALID", { why: (error as Error).message }, { cause: error });
}
