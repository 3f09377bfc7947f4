import { createHash } from "node:crypto";
import { closeSync, constants, createReadStream, mkdirSync, openSync, readSync } from "node:fs";
import type { Database } from "better-sqlite3";
import type { Compression } from "../core/compression.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { algorithmOf, type Digest, digestFromBytes, finishDigest } from "../core/digest.ts";
import { Failure, isCode } from "../core/errors.ts";
import { type Abortable, verified } from "../core/streams.ts";
import { COMPRESSED_LAYERS, MEDIA_TYPES } from "../image/media-types.ts";
import { looksCompressed, looksLikeTar } from "../image/sniff.ts";
import type { Kernel, LayerEntry } from "../native/kernel.ts";
import type { FileContentStore } from "./content/file-content-store.ts";
import { temporaryPath } from "./content/temporary.ts";
import { writeFully } from "./content/write-fully.ts";
import type { BlobInfo } from "./content-store.ts";
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
    // What is named by another algorithm than ours is checked as it comes in.
    const foreign = want.blob !== undefined && !isOurs(want.blob.digest) ? want.blob : undefined;
    const sent = await receive(foreign === undefined ? source : verified(source, foreign), input.fd, want);
    if (!sent.compressed) {
      if (foreign === undefined) expect(want.blob?.digest, sent.digest);
      expect(want.diffId, sent.digest);
      const { size } = await input.commit(sent, { sync: false });
      return { diffId: sent.digest, size, blob: { mediaType: MEDIA_TYPES.layer, digest: sent.digest, size } };
    }
    const { layer, blob } = await this.#inflate(input.fd, {
      digest: want.blob?.digest,
      diffId: want.diffId,
      maxBytes: want.maxBytes,
    });
    if (want.blob === undefined)
      return { ...layer, blob: { mediaType: MEDIA_TYPES.layer, digest: layer.diffId, size: layer.size } };
    await input.commit(blob, { sync: false });
    const described = { mediaType: want.blob.mediaType, ...blob };
    this.addBlob(layer.diffId, described);
    return { ...layer, blob: described };
  }

  /** Makes a layer of the compressed file `from`. Both sides are checked when their digests are given, a sha512 is the caller's to check. */
  async #inflate(
    from: number,
    want: {
      readonly digest: Digest | undefined;
      readonly diffId: Digest | undefined;
      readonly maxBytes?: number | undefined;
    },
  ): Promise<{ readonly layer: LayerInfo; readonly blob: BlobInfo }> {
    await using output = await this.#content.ingest();
    const { maxBytes } = want;
    const limit = maxBytes === undefined ? {} : { maxBytes };
    const inflated = await withFile(from, (file) => this.#kernel.inflate(file, output.fd, limit));
    const sha256 = digestFromBytes(inflated.input.sha256);
    const digest = want.digest === undefined || isOurs(want.digest) ? sha256 : want.digest;
    const blob = { digest, size: inflated.input.size };
    const layer = { diffId: digestFromBytes(inflated.output.sha256), size: inflated.output.size };
    expect(want.digest, blob.digest);
    expect(want.diffId, layer.diffId);
    await output.commit({ digest: layer.diffId, size: layer.size }, { sync: false });
    return { layer, blob };
  }

  async inflateBlob(
    digest: Digest,
    want: { readonly diffId?: Digest; readonly mediaType?: string } = {},
  ): Promise<LayerInfo> {
    const known = this.layerOf(digest);
    if (known !== undefined && known === want.diffId) {
      const info = this.stat(known);
      if (info !== undefined) return info;
    }
    const file = openSync(this.#content.path(digest), constants.O_RDONLY);
    try {
      const { layer, blob } = await this.#inflate(file, { digest, diffId: want.diffId });
      if (want.mediaType !== undefined) this.addBlob(layer.diffId, { mediaType: want.mediaType, ...blob });
      return layer;
    } finally {
      closeSync(file);
    }
  }

  async *inflated(
    source: AsyncIterable<Uint8Array>,
    options: { readonly maxBytes?: number } & Abortable = {},
  ): AsyncGenerator<Uint8Array> {
    const { head, all } = await peek(source, HEAD);
    if (!looksCompressed(head)) return yield* all;
    await using input = await this.#content.ingest();
    for await (const chunk of all) {
      options.signal?.throwIfAborted();
      await writeFully(input.fd, chunk);
    }
    await using output = await this.#content.ingest();
    const { maxBytes } = options;
    const limit = maxBytes === undefined ? {} : { maxBytes };
    await withFile(input.fd, (file) => this.#kernel.inflate(file, output.fd, limit));
    yield* createReadStream("", { fd: output.fd, autoClose: false, start: 0, highWaterMark: READ_SIZE });
  }

  async compressed(diffId: Digest, compression: Compression): Promise<Descriptor> {
    const types = COMPRESSED_LAYERS[compression];
    const known = this.blobs(diffId).find(({ mediaType }) => types.includes(mediaType));
    if (known !== undefined) return known;
    await using output = await this.#content.ingest();
    const made = await withPath(this.#content.path(diffId), (file) =>
      this.#kernel.deflate(file, output.fd, { format: compression, level: LEVELS[compression] }),
    );
    expect(diffId, digestFromBytes(made.input.sha256));
    const blob = { digest: digestFromBytes(made.output.sha256), size: made.output.size };
    await output.commit(blob, { sync: false });
    const described = { mediaType: types[0], ...blob };
    this.addBlob(diffId, described);
    return described;
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

const isOurs = (digest: Digest): boolean => algorithmOf(digest) === "sha256";

function expect(want: Digest | undefined, got: Digest): void {
  if (want !== undefined && want !== got) throw new Failure("DIGEST_MISMATCH", { want, got });
}

/** Runs `work` on another description of the same file, at its beginning. */
const withFile = <T>(file: number, work: (fd: number) => Promise<T>): Promise<T> =>
  withPath(`/proc/self/fd/${file}`, work);

async function withPath<T>(path: string, work: (fd: number) => Promise<T>): Promise<T> {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    return await work(fd);
  } finally {
    closeSync(fd);
  }
}

/** Nearly as small as the slowest of igzip, at the speed of a fast disk; what the zstd command has by default. */
const LEVELS: Readonly<Record<Compression, number>> = { gzip: 1, zstd: 3 };
const HEAD = 512;
const READ_SIZE = 1 << 20;

function readHead(file: number): Uint8Array {
  const head = Buffer.alloc(HEAD);
  return head.subarray(0, readSync(file, head, 0, HEAD, 0));
}

/** The first bytes of a stream, and the stream with them. */
async function peek(
  source: AsyncIterable<Uint8Array>,
  size: number,
): Promise<{ readonly head: Uint8Array; readonly all: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.byteLength < size) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  const rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => iterator };
  async function* all(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* rest;
  }
  return { head, all: all() };
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
  const { head, all } = await peek(source, HEAD);
  const compressed = looksCompressed(head);
  const hash = createHash("sha256");
  let size = 0;
  const refuse = ({ digest, size: wanted }: BlobInfo): Failure =>
    new Failure("SIZE_MISMATCH", { digest, want: wanted, got: size });
  for await (const chunk of all) {
    want.signal?.throwIfAborted();
    size += chunk.byteLength;
    if (want.blob !== undefined && size > want.blob.size) throw refuse(want.blob);
    if (!compressed) hash.update(chunk);
    await writeFully(fd, chunk);
  }
  if (want.blob !== undefined && size !== want.blob.size) throw refuse(want.blob);
  return { digest: finishDigest(hash), size, compressed };
}
