import { createHash } from "node:crypto";
import { closeSync, constants, mkdirSync, openSync, readSync, write } from "node:fs";
import { promisify } from "node:util";
import type { Database } from "better-sqlite3";
import type { Descriptor } from "../core/descriptor.ts";
import { type Digest, digestFromBytes, finishDigest } from "../core/digest.ts";
import { Failure, isCode } from "../core/errors.ts";
import { MEDIA_TYPES } from "../image/media-types.ts";
import { looksCompressed, looksLikeTar } from "../image/sniff.ts";
import type { Inflated, Kernel, LayerEntry } from "../native/kernel.ts";
import type { FileContentStore } from "./content/file-content-store.ts";
import { temporaryPath } from "./content/temporary.ts";
import type { BlobInfo, Ingest } from "./content-store.ts";
import { query, transact } from "./database.ts";
import type { Paths } from "./paths.ts";
import type { LayerInfo } from "./snapshotter.ts";
import type { AdoptOptions, LayerStore, Lease } from "./types.ts";

export interface LayerTableParts {
  readonly paths: Paths;
  readonly database: Database;
  readonly content: FileContentStore;
  readonly kernel: Kernel;
}

export class LayerTable implements LayerStore {
  readonly #paths: Paths;
  readonly #database: Database;
  readonly #content: FileContentStore;
  readonly #kernel: Kernel;

  constructor(parts: LayerTableParts) {
    this.#paths = parts.paths;
    this.#database = parts.database;
    this.#content = parts.content;
    this.#kernel = parts.kernel;
  }

  stat(diffId: Digest): LayerInfo | undefined {
    const blob = this.#content.stat(diffId);
    return blob && { diffId, size: blob.size };
  }

  async write(root: number, entries: readonly LayerEntry[]): Promise<LayerInfo> {
    await using ingest = await this.#content.ingest();
    const written = await this.#kernel.writeLayer(ingest.fd, root, entries);
    const diffId = digestFromBytes(written.diffId);
    await ingest.commit({ digest: diffId, size: written.size }, { sync: false });
    return { diffId, size: written.size };
  }

  async adopt(
    source: AsyncIterable<Uint8Array>,
    want: AdoptOptions = {},
  ): Promise<LayerInfo & { readonly blob: Descriptor }> {
    await using input = await this.#content.ingest();
    const sent = await receive(source, input.fd, want);
    if (!sent.compressed) {
      expect(want.blob?.digest, sent.digest);
      expect(want.diffId, sent.digest);
      const { size } = await input.commit(sent, { sync: false });
      return { diffId: sent.digest, size, blob: { mediaType: MEDIA_TYPES.layer, digest: sent.digest, size } };
    }
    await using output = await this.#content.ingest();
    const inflated = await withFile(input.fd, (from) => this.#kernel.inflate(from, output.fd));
    return await this.#commit({ input, output, inflated }, want);
  }

  async #commit(
    {
      input,
      output,
      inflated,
    }: { readonly input: Ingest; readonly output: Ingest; readonly inflated: Inflated },
    want: AdoptOptions,
  ): Promise<LayerInfo & { readonly blob: Descriptor }> {
    const digest = digestFromBytes(inflated.input.sha256);
    const diffId = digestFromBytes(inflated.output.sha256);
    expect(want.blob?.digest, digest);
    expect(want.diffId, diffId);
    const { size } = inflated.output;
    await output.commit({ digest: diffId, size }, { sync: false });
    if (want.blob === undefined)
      return { diffId, size, blob: { mediaType: MEDIA_TYPES.layer, digest: diffId, size } };
    const { mediaType } = want.blob;
    await input.commit({ digest, size: inflated.input.size }, { sync: false });
    const blob = { mediaType, digest, size: inflated.input.size };
    this.addBlob(diffId, blob);
    return { diffId, size, blob };
  }

  addBlob(diffId: Digest, blob: Descriptor): void {
    transact(this.#database, () => {
      query(
        this.#database,
        "INSERT OR REPLACE INTO layer_blobs (diff_id, digest, media_type) VALUES (?, ?, ?)",
      ).run(diffId, blob.digest, blob.mediaType);
    });
  }

  blobs(diffId: Digest): readonly Descriptor[] {
    return query<Descriptor>(
      this.#database,
      `SELECT media_type AS mediaType, digest, size FROM layer_blobs JOIN blobs USING (digest)
       WHERE diff_id = ? AND doomed = 0 ORDER BY digest`,
    ).all(diffId);
  }

  layerOf(blob: Digest): Digest | undefined {
    return query<{ diff_id: Digest }>(this.#database, "SELECT diff_id FROM layer_blobs WHERE digest = ?").get(
      blob,
    )?.diff_id;
  }

  async unpackArchive(file: number, lease: Lease): Promise<string | undefined> {
    const compressed = looksCompressed(readHead(file));
    if (!compressed && !looksLikeTar(readHead(file))) return undefined;
    await using plain = await this.#content.ingest();
    if (compressed && !(await this.#inflateTar(file, plain.fd))) return undefined;
    const target = temporaryPath(this.#paths);
    lease.temporary(target);
    mkdirSync(target, { mode: 0o755 });
    await withFile(compressed ? plain.fd : file, (tar) =>
      this.#kernel.unpackLayer(tar, target, { whiteouts: "keep" }),
    );
    return target;
  }

  /** False when what comes out is no tar: a compressed file of another kind, which ADD copies as it is. */
  async #inflateTar(from: number, to: number): Promise<boolean> {
    try {
      await withFile(from, (file) => this.#kernel.inflate(file, to));
    } catch (error) {
      if (!isCode(error, "ARCHIVE_INVALID") || looksLikeTar(readHead(to))) throw error;
    }
    return looksLikeTar(readHead(to));
  }

  async same(a: Digest, b: Digest): Promise<boolean> {
    if (a === b) return true;
    const files = [a, b].map((diffId) => openSync(this.#content.path(diffId), constants.O_RDONLY));
    try {
      const [first = -1, second = -1] = files;
      return await this.#kernel.sameLayer(first, second);
    } finally {
      for (const file of files) closeSync(file);
    }
  }
}

function expect(want: Digest | undefined, got: Digest): void {
  if (want !== undefined && want !== got) throw new Failure("DIGEST_MISMATCH", { want, got });
}

/** Runs `work` on another description of the same file, at its beginning. */
async function withFile<T>(file: number, work: (fd: number) => Promise<T>): Promise<T> {
  const fd = openSync(`/proc/self/fd/${file}`, constants.O_RDONLY);
  try {
    return await work(fd);
  } finally {
    closeSync(fd);
  }
}

const HEAD = 512;

function readHead(file: number): Uint8Array {
  const head = Buffer.alloc(HEAD);
  return head.subarray(0, readSync(file, head, 0, HEAD, 0));
}

/**
 * Writes a stream into a file. A plain one is digested on the way; a compressed one later, while it is inflated. A sender of more than was
 * announced is cut off.
 */
async function receive(
  source: AsyncIterable<Uint8Array>,
  fd: number,
  want: AdoptOptions,
): Promise<BlobInfo & { readonly compressed: boolean }> {
  const limit = want.blob?.size ?? Number.POSITIVE_INFINITY;
  const hash = createHash("sha256");
  let size = 0;
  let head: Buffer = Buffer.alloc(0);
  let compressed: boolean | undefined;
  for await (const chunk of source) {
    want.signal?.throwIfAborted();
    if (compressed === undefined) {
      head = Buffer.concat([head, chunk]);
      if (head.byteLength >= HEAD) compressed = looksCompressed(head);
    }
    size += chunk.byteLength;
    if (want.blob !== undefined && size > limit)
      throw new Failure("SIZE_MISMATCH", { digest: want.blob.digest, want: limit, got: size });
    if (compressed !== true) hash.update(chunk);
    for (let done = 0; done < chunk.byteLength; )
      done += (await promisify(write)(fd, chunk, done, chunk.byteLength - done, null)).bytesWritten;
  }
  return { digest: finishDigest(hash), size, compressed: compressed ?? looksCompressed(head) };
}
