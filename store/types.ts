import type { Database } from "better-sqlite3";
import type { Annotations } from "../core/annotations.ts";
import type { Compression } from "../core/compression.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { LazyList, Sequence } from "../core/lazy-list.ts";
import type { Mount } from "../core/mount.ts";
import type { Platform } from "../core/platform.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type { AttestationKind, Predicate } from "../image/attestations/statement.ts";
import type { ImageConfig } from "../image/config.ts";
import type { FileTable } from "../native/file-table.ts";
import type { FileFingerprint, FileStat, LayerEntry, ScanEntry } from "../native/kernel.ts";
import type { ContentStore } from "./content-store.ts";
import type { Paths } from "./paths.ts";
import type { ChosenDriver } from "./snapshots/choose-driver.ts";
import type { LayerInfo, Snapshotter } from "./snapshotter.ts";
import type { Trash } from "./trash.ts";

// What trees and layers are made of, for the areas that do not know the kernel.
export { FileTable, IDENTITY_WORDS } from "../native/file-table.ts";
export type { FileFingerprint, FileStat, LayerEntry, ScanEntry };

/**
 * One state root: content, layers, snapshots, metadata. Several processes may have it open at once; SQLite transactions and locks() keep them apart.
 * Opening sweeps what dead processes left (leases, ingests, snapshots).
 */
export interface Store extends AsyncDisposable {
  readonly paths: Paths;
  /** Areas above keep their tables here too; each owns a numbered migration in store/migrations/. */
  readonly database: Database;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly snapshots: Snapshotter;
  /** The snapshots' driver. */
  readonly driver: ChosenDriver;
  readonly images: ImageStore;
  readonly attestations: AttestationStore;
  readonly leases: Leases;
  readonly locks: Locks;
  readonly trees: Trees;
  readonly trash: Trash;
  /** Makes everything committed with `sync: false` durable; call before the transaction that publishes it. */
  flush(): Promise<void>;
  /** Deletes what no image, container, lease or cache record reaches; safe beside running builds. */
  collect(options?: Abortable): Promise<Collected>;
  /** Compares rows, files and digests; `quick` reads no content. Changes nothing. */
  check(options?: { readonly quick?: boolean } & Abortable): Promise<StoreReport>;
}

export interface Collected {
  readonly blobs: number;
  readonly layers: number;
  /** Bytes of the blobs; what was derived from layers comes on top. */
  readonly bytes: number;
}
export interface StoreReport {
  /** How many of each kind were looked at. */
  readonly checked: Readonly<Record<string, number>>;
  /** One line each: what is wrong, with the object's name. */
  readonly problems: readonly string[];
}

export interface AdoptOptions extends Abortable {
  readonly diffId?: Digest;
  /** The blob a foreign manifest names: checked, and kept beside the layer, so that pushing that manifest again sends the same bytes. */
  readonly blob?: Descriptor;
  /** What comes out of a compressed layer may not have more bytes; then ARCHIVE_INVALID. */
  readonly maxBytes?: number;
}

export interface LayerStore {
  stat(diffId: Digest): LayerInfo | undefined;
  /**
   * Writes `entries` as a canonical layer (not synced: see flush()); file sources are paths below the directory `root`. `begun` is called when all
   * else is done by other threads, and does not throw.
   */
  write(root: number, entries: Sequence<LayerEntry>, begun?: () => void): Promise<LayerInfo>;
  /**
   * Takes a layer tar from outside, compressed or not, byte for byte (not synced: see flush(), which brings only the blob to the disk where that is
   * another; after a power loss the layer is made again from it). Rejects with DIGEST_MISMATCH, SIZE_MISMATCH, ARCHIVE_INVALID.
   */
  adopt(
    source: AsyncIterable<Uint8Array>,
    want?: AdoptOptions,
  ): Promise<LayerInfo & { readonly blob: Descriptor }>;
  /** Makes the layer of a compressed blob of the store; with `mediaType`, the blob is recorded as its form. Rejects as adopt() does. */
  inflateBlob(
    digest: Digest,
    want?: { readonly diffId?: Digest; readonly mediaType?: string },
  ): Promise<LayerInfo>;
  /** The plain bytes of a stream compressed in any way, or not. Rejects with ARCHIVE_INVALID, also when more than `maxBytes` come out. */
  inflated(
    source: AsyncIterable<Uint8Array>,
    options?: { readonly maxBytes?: number } & Abortable,
  ): AsyncIterable<Uint8Array>;
  /**
   * A compressed form of the layer: the one that is in the store, else made now and kept, without being brought to the disk. The same layer gives the
   * same bytes. `growing` is called when it is made, with what opens its bytes from the first on as far as they are there, and then as they come; they
   * end too early when making it fails. Opened too late, it throws.
   */
  compressed(
    diffId: Digest,
    compression: Compression,
    growing?: (open: () => ByteStream) => void,
  ): Promise<Descriptor>;
  /** The compressed forms of a layer that are in the store. */
  blobs(diffId: Digest): readonly Descriptor[];
  /** Records a blob of the store as a compressed form of a layer: it stays as long as the layer does. */
  addBlob(diffId: Digest, blob: Descriptor): void;
  /** The layer of which `blob` is a compressed form, when it is still in the store. */
  layerOf(blob: Digest): Digest | undefined;
  /**
   * Unpacks an archive (plain or compressed tar, a file descriptor) into a new directory below ingest/, as ADD does; undefined when it is no
   * archive. Rejects with ARCHIVE_INVALID when it begins as one and is damaged. The directory goes with the lease.
   */
  unpackArchive(file: number, lease: Lease): Promise<string | undefined>;
  /** True when both layers differ at most in times. */
  same(a: Digest, b: Digest): Promise<boolean>;
}

/** Reading directories and root filesystems with the kernel's help. */
export interface Trees {
  /**
   * Opens a root filesystem, for reading unless `writable` (which a mounted one cannot be a second time); nothing is mounted in any namespace.
   * The caller disposes it.
   */
  open(mounts: readonly Mount[], options?: { readonly writable?: boolean }): Promise<Tree>;
  /** Opens a host directory. Rejects with ENOENT, ENOTDIR as they are. */
  openDirectory(path: string): Promise<Tree>;
}

/** A directory seen as a root: no path, link or ".." leaves it. Paths are "/"-separated, absolute ones begin at the root. */
export interface Tree extends Disposable {
  readonly fd: number;
  resolve(path: string): string;
  stat(path: string): FileStat | undefined;
  statMany(paths: Iterable<string>): Promise<LazyList<FileStat | undefined>>;
  scan(path: string, options?: { readonly prune?: readonly string[] }): Promise<FileTable>;
  /** True when everything of `files`, paths below `path`, is what it was. Directories may have changed. */
  isUnchanged(path: string, files: FileTable): Promise<boolean>;
  /** Content and attributes of regular files. */
  fingerprint(paths: Iterable<string>): Promise<LazyList<FileFingerprint>>;
  xattrs(path: string): ReadonlyMap<string, Buffer>;
  /** A small text file, links followed inside the root; undefined when absent. At most 1 MiB. */
  readText(path: string): string | undefined;
  /** A readable descriptor of a regular file, links followed inside the root. Throws FILE_UNSUITABLE on anything else, which is not opened. */
  openFile(path: string): number;
}

/** An image in the local store. Its id is the digest of its config, as Docker's classic store has it. */
export interface ImageRecord {
  readonly id: Digest;
  /** The manifest it came with (pulled), or ours over uncompressed layers (built, loaded). */
  readonly manifest: Descriptor;
  readonly layers: readonly Digest[];
  /** Bytes of the uncompressed layers. */
  readonly size: number;
  readonly createdAt: Date;
  /** Familiar forms, sorted: "debian:bookworm", "localhost:5000/a:1". */
  readonly tags: readonly string[];
  /** "repository@sha256:…" of pulls and pushes. */
  readonly digests: readonly string[];
  /** Familiar forms of the tags that stand for several images, of which this is one. */
  readonly lists: readonly string[];
}

/** One of the images that a name stands for. */
export interface ListMember {
  readonly platform: Platform;
  readonly image: Digest;
}

/** Without raw bytes, the documents are written here, the manifest over the uncompressed layers. */
export interface PublishedImage {
  readonly config: ImageConfig;
  readonly rawConfig?: Uint8Array;
  readonly rawManifest?: Uint8Array;
  /** Of the manifest that is made where there is no `rawManifest`. */
  readonly annotations?: Annotations;
  /** What the sender of `rawManifest` called it. */
  readonly manifestType?: string;
}

export interface ImageStore {
  /**
   * Publishes an image: stores config and manifest, then, in one transaction, its row and its tags (full references, taken from other
   * images that had them). All layers must be in the store: rejects with LAYER_UNKNOWN.
   */
  publish(image: PublishedImage, references?: readonly string[]): Promise<ImageRecord>;
  /** By reference ("debian", "repo:tag", "repo@digest"), id, or unique prefix of an id. Throws IMAGE_AMBIGUOUS; undefined when there is none. */
  find(text: string): ImageRecord | undefined;
  /** find(), throwing IMAGE_UNKNOWN. */
  get(text: string): ImageRecord;
  config(id: Digest): Promise<ImageConfig>;
  rawConfig(id: Digest): Promise<Buffer>;
  list(): readonly ImageRecord[];
  tag(id: Digest, reference: string): void;
  /**
   * Lets a tag stand for an image on each of several platforms; where one is meant it is `id`, one of them. The images stay until the tag goes or
   * names something else; removing one of them makes the tag stand for `id` alone.
   */
  tagList(id: Digest, members: readonly ListMember[], reference: string): void;
  /** The images of a tag that stands for several, as they were given; undefined for any other. */
  members(reference: string): readonly ListMember[] | undefined;
  /** Takes one tag away; the image stays. False when there was none. */
  untag(reference: string): boolean;
  addDigest(id: Digest, reference: string): void;
  /** Removes the row with all its tags; the bytes go with the next garbage collection. */
  remove(id: Digest): void;
}

/** One of the attestations of an image. */
export interface AttestationRecord {
  readonly kind: AttestationKind;
  /** "https://slsa.dev/provenance/v1" */
  readonly type: string;
  /** The blob of its predicate: it becomes a statement where it is known of which manifest. */
  readonly predicate: Digest;
}

/** What is attested of images; it goes with them. */
export interface AttestationStore {
  /** In the place of what there was of these kinds; undefined leaves none. Rejects with IMAGE_UNKNOWN. */
  set(
    image: Digest,
    predicates: Readonly<Partial<Record<AttestationKind, Predicate | undefined>>>,
  ): Promise<void>;
  list(image: Digest): readonly AttestationRecord[];
  /** The predicates of an image, of each kind one at most. */
  read(image: Digest): Promise<readonly (Predicate & { readonly kind: AttestationKind })[]>;
}

/**
 * A claim on things in the making, held by a process. It ends when disposed or when its process is gone; then they may be collected.
 * While it is held, no blob is collected that was written after it was opened; older ones are claimed with blob(). Leases are for jobs,
 * not for containers or daemons: a long one keeps garbage.
 */
export interface Lease extends AsyncDisposable {
  readonly id: string;
  blob(digest: Digest): void;
  /** The snapshot is removed with the lease unless released with keep(). */
  snapshot(key: string): void;
  /** A path below ingest/ or snapshots/ removed with the lease. */
  temporary(path: string): void;
  /** A cgroup directory (host path) killed and removed with the lease. */
  cgroup(path: string): void;
  keep(snapshot: string): void;
}
export interface Leases {
  open(what: string): Lease;
  /** Removes what leases of dead processes held. Returns how many there were. */
  sweep(): Promise<number>;
}

export interface Locks {
  /** Waits for the lock `name` ([A-Za-z0-9_.-]+) across all processes of this root. Dispose to release; a crash releases too. */
  hold(name: string, options?: Abortable): Promise<AsyncDisposable>;
}
