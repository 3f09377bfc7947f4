import { closeSync, constants, createReadStream, mkdirSync, openSync, readSync, rmSync } from "node:fs";
import type { Database } from "better-sqlite3";
import type { Compression } from "../core/compression.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { algorithmOf, type Digest, digestFromBytes } from "../core/digest.ts";
import { Failure, isCode } from "../core/errors.ts";
import type { Sequence } from "../core/lazy-list.ts";
import { type Abortable, type ByteStream, verified } from "../core/streams.ts";
import { COMPRESSED_LAYERS, MEDIA_TYPES } from "../image/media-types.ts";
import { looksCompressed, looksLikeTar } from "../image/sniff.ts";
import type { Inflated, Kernel, LayerEntry } from "../native/kernel.ts";
import { measured, peek, receive, throughPipe } from "./arriving.ts";
import type { FileContentStore } from "./content/file-content-store.ts";
import { followFile } from "./content/follow-file.ts";
import { syncEarly } from "./content/sync-early.ts";
import { temporaryPath } from "./content/temporary.ts";
import type { BlobInfo, Ingest, Sync } from "./content-store.ts";
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

  async write(root: number, entries: Sequence<LayerEntry>, begun?: () => void): Promise<LayerInfo> {
    await using ingest = await this.#content.ingest();
    const writing = this.#kernel.writeLayer(ingest.fd, root, entries);
    begun?.();
    const written = await syncEarly(ingest.fd, () => writing);
    const diffId = digestFromBytes(written.diffId);
    await ingest.commit({ digest: diffId, size: written.size }, { sync: false });
    // Whoever made it looks at its sources once more, while the disk is busy.
    this.#content.beginFlush(diffId);
    return { diffId, size: written.size };
  }

  async adopt(
    source: AsyncIterable<Uint8Array>,
    want: AdoptOptions = {},
  ): Promise<LayerInfo & { readonly blob: Descriptor }> {
    await using input = await this.#content.ingest();
    // What is named by another algorithm than ours is checked as it comes in.
    const foreign = want.blob !== undefined && !isOurs(want.blob.digest) ? want.blob : undefined;
    const checked = measured(foreign === undefined ? source : verified(source, foreign), want);
    const { head, all } = await peek(checked, HEAD);
    if (!looksCompressed(head)) {
      const sent = await receive(all, input.fd);
      if (foreign === undefined) expect(want.blob?.digest, sent.digest);
      expect(want.diffId, sent.digest);
      const { size } = await input.commit(sent, { sync: false });
      return { diffId: sent.digest, size, blob: { mediaType: MEDIA_TYPES.layer, digest: sent.digest, size } };
    }
    const { maxBytes } = want;
    const expected = {
      digest: want.blob?.digest,
      diffId: want.diffId,
      sync: want.blob === undefined ? false : REMADE,
    };
    const options = { keep: input.fd, ...(maxBytes === undefined ? {} : { maxBytes }) };
    const { layer, blob } = await syncEarly(input.fd, () =>
      this.#inflate(expected, (to) =>
        throughPipe(this.#kernel, all, (from) => this.#kernel.inflate(from, to, options)),
      ),
    );
    if (want.blob === undefined)
      return { ...layer, blob: { mediaType: MEDIA_TYPES.layer, digest: layer.diffId, size: layer.size } };
    await input.commit(blob, { sync: false });
    const described = { mediaType: want.blob.mediaType, ...blob };
    this.addBlob(layer.diffId, described);
    return { ...layer, blob: described };
  }

  /** Makes a layer of what `run` inflates. Both sides are checked when their digests are given, a sha512 is the caller's to check. */
  async #inflate(
    want: { readonly digest: Digest | undefined; readonly diffId: Digest | undefined; readonly sync?: Sync },
    run: (to: number) => Promise<Inflated>,
  ): Promise<{ readonly layer: LayerInfo; readonly blob: BlobInfo }> {
    await using output = await this.#content.ingest();
    const inflated = await run(output.fd);
    const sha256 = digestFromBytes(inflated.input.sha256);
    const digest = want.digest === undefined || isOurs(want.digest) ? sha256 : want.digest;
    const blob = { digest, size: inflated.input.size };
    const layer = { diffId: digestFromBytes(inflated.output.sha256), size: inflated.output.size };
    expect(want.digest, blob.digest);
    expect(want.diffId, layer.diffId);
    await output.commit({ digest: layer.diffId, size: layer.size }, { sync: want.sync ?? false });
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
      const sync = want.mediaType === undefined ? false : REMADE;
      const { layer, blob } = await this.#inflate({ digest, diffId: want.diffId, sync }, (to) =>
        this.#kernel.inflate(file, to),
      );
      if (want.mediaType !== undefined) this.addBlob(layer.diffId, { mediaType: want.mediaType, ...blob });
      return layer;
    } finally {
      closeSync(file);
    }
  }

  /** Makes a layer of the store again from its compressed form, in the place of what the disk has of it; not synced. Rejects as adopt() does. */
  async remake(diffId: Digest, form: Digest): Promise<void> {
    rmSync(this.#paths.blob(diffId), { force: true });
    await withPath(this.#content.path(form), (file) =>
      this.#inflate({ digest: form, diffId }, (to) => this.#kernel.inflate(file, to)),
    );
  }

  async *inflated(
    source: AsyncIterable<Uint8Array>,
    options: { readonly maxBytes?: number } & Abortable = {},
  ): AsyncGenerator<Uint8Array> {
    const { head, all } = await peek(source, HEAD);
    if (!looksCompressed(head)) return yield* all;
    await using output = await this.#content.ingest();
    const { maxBytes } = options;
    const limit = maxBytes === undefined ? {} : { maxBytes };
    await throughPipe(this.#kernel, measured(all, options), (from) =>
      this.#kernel.inflate(from, output.fd, limit),
    );
    yield* createReadStream("", { fd: output.fd, autoClose: false, start: 0, highWaterMark: READ_SIZE });
  }

  async compressed(
    diffId: Digest,
    compression: Compression,
    growing?: (open: () => ByteStream) => void,
  ): Promise<Descriptor> {
    const types = COMPRESSED_LAYERS[compression];
    const known = this.blobs(diffId).find(({ mediaType }) => types.includes(mediaType));
    if (known !== undefined) return known;
    await using output = await this.#content.ingest();
    const made = await withPath(this.#content.path(diffId), (file) => {
      const making = this.#kernel.deflate(file, output.fd, {
        format: compression,
        level: LEVELS[compression],
      });
      growing?.(opening(output, making));
      return making;
    });
    expect(diffId, digestFromBytes(made.input.sha256));
    const blob = { digest: digestFromBytes(made.output.sha256), size: made.output.size };
    await output.commit(blob, { sync: REMADE });
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

/** Of a layer's two forms one has to be on the disk; remakeLayers() and compressed() make the other one again. */
const REMADE: Sync = "later";

const isOurs = (digest: Digest): boolean => algorithmOf(digest) === "sha256";

function expect(want: Digest | undefined, got: Digest): void {
  if (want !== undefined && want !== got) throw new Failure("DIGEST_MISMATCH", { want, got });
}

/** Opens what is being written into an ingest, until the writing has settled. */
function opening({ fd }: Ingest, writing: Promise<unknown>): () => ByteStream {
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  writing.then(end, end);
  return () => {
    if (ended) throw new TypeError("the file is complete");
    return followFile(`/proc/self/fd/${fd}`, () => ended);
  };
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
